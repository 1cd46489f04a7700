"""ShortcutsBench's own values and scores, computed by our code exactly as upstream computes them.

Rules are those of EachSheep/ShortcutsBench at commit 3a7fcba (Apache-2.0, arXiv 2407.00132), its defects included,
since published figures contain them; what we think right beside them is called `full`. The spec is the behaviour
of upstream's functions, not their text. `bench parity shortcutsbench` compares. docs/shortcutsbench.md explains.
"""
