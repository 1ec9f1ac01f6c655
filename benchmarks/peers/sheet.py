"""The frame of a page that looks like those of `sellout prove`: no script, no other file, no other host. Pure."""

from string import Template

from sellout.prove.parts import style, text

PAGE = Template("""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>$title</title>
<style>
$style$more</style>
</head>
<body class="$kind">
<main>
<header class="top"><span class="brand">Sellout</span><span>$top</span></header>
$body
<footer>Made by <span class="brand">$maker</span>. This page loads nothing and runs no script.</footer>
</main>
</body>
</html>
""")


def sheet(*, title: str, top: str, body: str, maker: str, good: bool, more: str = "") -> str:
    """A whole page; `more` is style of its own, `body` is HTML."""
    return PAGE.substitute(
        title=text(title), top=text(top), body=body, maker=text(maker), style=style(), more=more,
        kind="exact" if good else "inexact",
    )  # fmt: skip


def card(heading: str, caption: str, inside: str) -> str:
    """A part of a page; `inside` is HTML."""
    return f'<section class="card">\n<h2>{text(heading)}</h2>\n<p>{text(caption)}</p>\n{inside}\n</section>'


def hero(word: str, sentence: str, more: str = "") -> str:
    """What a page says first; `more` is HTML."""
    return f'<div class="hero">\n<h1>{text(word)}</h1>\n<p>{text(sentence)}</p>\n{more}</div>'
