"""API shortcuts (ShortcutsBench): a simulated device, and an interpreter that runs shortcuts on it.

`device` holds the state, `values` what flows between actions, `program`, `forms`, `reading` and
`blocks` the shortcut format, `interpreter` and `actions` what actions do, `template` the environment.
"""
