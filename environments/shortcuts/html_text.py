"""HTML, Markdown and plain text, one from another, as far as notes and shortcuts use them.

Both directions are line by line and linear in the length of the text; nothing in it is executed or fetched.
"""

from __future__ import annotations

import re
from html import escape, unescape

_BREAK = re.compile(r"<(?:br|/p|/div|/h[1-6]|/li|/tr)\b[^>]{0,200}>", re.I)
_HIDDEN = re.compile(r"<(script|style|title)\b|<!--", re.I)
_TAG = re.compile(r"<[^<>]{0,2000}>")
_TITLE = re.compile(r"<title[^>]{0,200}>([^<]{0,2000})</title>", re.I)
_IMAGE = re.compile(r"<img\b[^<>]{0,2000}?\bsrc\s*=\s*[\"']([^\"'<>]{1,2000})[\"']", re.I)
_LINK = re.compile(r"<a\b[^<>]{0,2000}?\bhref\s*=\s*[\"']([^\"'<>]{1,2000})[\"']", re.I)


def text_of_html(html: str) -> str:
    """What a reader sees, without leading, trailing and doubled blank lines."""
    plain = unescape(_TAG.sub("", _BREAK.sub("\n", _shown(html))))
    lines = [" ".join(line.split()) for line in plain.splitlines()]
    kept = [line for place, line in enumerate(lines) if line or (place and lines[place - 1])]
    return "\n".join(kept).strip()


def _shown(html: str) -> str:
    """Without scripts, styles, comments and the title; one that never ends takes the rest with it."""
    lowered, kept, start = html.lower(), "", 0
    while found := _HIDDEN.search(html, start):
        kept += html[start : found.start()]
        ending = f"</{found[1].lower()}>" if found[1] else "-->"
        end = lowered.find(ending, found.end())
        if end < 0:
            return kept
        start = end + len(ending)
    return kept + html[start:]


def title_of_html(html: str) -> str:
    """The document's title; empty where it has none."""
    found = _TITLE.search(html)
    return " ".join(unescape(found[1]).split()) if found else ""


def images_of_html(html: str) -> list[str]:
    """The addresses of its pictures."""
    return [unescape(address) for address in _IMAGE.findall(html)]


def links_of_html(html: str) -> list[str]:
    """The addresses that it links to."""
    return [unescape(address) for address in _LINK.findall(html)]


def html_of_text(text: str) -> str:
    """Plain text as HTML, a paragraph a line."""
    return "".join(f"<p>{escape(line, quote=False)}</p>" for line in text.splitlines())


_INLINE = (
    (re.compile(r"\[([^\]\n]{1,500})\]\(([^)\s]{1,2000})\)"), r'<a href="\2">\1</a>'),
    (re.compile(r"\*\*([^*\n]{1,2000})\*\*"), r"<b>\1</b>"),
    (re.compile(r"\*([^*\n]{1,2000})\*"), r"<i>\1</i>"),
    (re.compile(r"`([^`\n]{1,2000})`"), r"<code>\1</code>"),
)
_HEADING = re.compile(r"(#{1,6}) +(.*)")
_BULLET = re.compile(r"[-*+] +(.*)")


def html_of_markdown(text: str) -> str:
    """Headings, bullets, paragraphs, links, bold, italic and code."""
    made: list[str] = []
    for line in text.splitlines():
        if heading := _HEADING.fullmatch(line):
            level = len(heading[1])
            made.append(f"<h{level}>{_inline(heading[2])}</h{level}>")
        elif bullet := _BULLET.fullmatch(line):
            made.append(f"<li>{_inline(bullet[1])}</li>")
        elif line.strip():
            made.append(f"<p>{_inline(line)}</p>")
    html = "".join(made)
    return re.sub(r"((?:<li>(?:(?!</li>).)*</li>)+)", r"<ul>\1</ul>", html)


def _inline(text: str) -> str:
    text = escape(text, quote=False)
    for pattern, form in _INLINE:
        text = pattern.sub(form, text)
    return text


_MARKS = (
    (re.compile(r"<h([1-6])\b[^>]{0,200}>", re.I), lambda found: "#" * int(found[1]) + " "),
    (re.compile(r"<li\b[^>]{0,200}>", re.I), lambda found: "- "),
    (re.compile(r"</?(?:b|strong)\b[^>]{0,200}>", re.I), lambda found: "**"),
    (re.compile(r"</?(?:i|em)\b[^>]{0,200}>", re.I), lambda found: "*"),
    (re.compile(r"</?code\b[^>]{0,200}>", re.I), lambda found: "`"),
    (
        re.compile(
            r"<a\b[^<>]{0,2000}?\bhref\s*=\s*[\"']([^\"'<>]{1,2000})[\"'][^<>]{0,2000}>([^<]{0,2000})</a>", re.I
        ),
        lambda found: f"[{found[2]}]({found[1]})",
    ),
)


def markdown_of_html(html: str) -> str:
    """The reverse of `html_of_markdown`, for HTML of that kind."""
    html = _shown(html)
    for pattern, mark in _MARKS:
        html = pattern.sub(mark, html)
    return text_of_html(html)
