"""What pages about runs are made of: their style, names with values, rules with what became of them.

Pure but for reading the style, report.css. All text that came from outside goes through `text`.
"""

from html import escape
from importlib.resources import files

from sellout.history.verdict import Ruling


def style() -> str:
    """How such a page looks. Its body is of class `exact` or `inexact`, which tints it."""
    return files("sellout.prove").joinpath("report.css").read_text("utf-8")


def text(value: object) -> str:
    """Anything, as text that is safe in a page and in an attribute."""
    return escape(str(value))


def pairs(*rows: tuple[str, str, str]) -> str:
    """Names with values and, where there is one, a note to each; goes into a dl."""
    return "\n".join(_pair(*row) for row in rows)


def _pair(name: str, value: str, note: str) -> str:
    small = f"<small>{text(note)}</small>" if note else ""
    return f"<div><dt>{text(name)}</dt><dd>{text(value)}{small}</dd></div>"


def rule_row(ruling: Ruling) -> str:
    """A rule, what became of it, and its counter-examples; goes into a table."""
    kind, word = ("good", "Holds") if ruling.holds else ("bad", "Broken")
    return (
        f'<tr><th scope="row">{text(ruling.statement)}<code>{text(ruling.name)}</code>{_findings(ruling)}</th>'
        f'<td><span class="pill {kind}">{word}</span></td></tr>'
    )


def _findings(ruling: Ruling) -> str:
    findings = [text(finding) for finding in ruling.findings]
    if (more := ruling.findings_total - len(findings)) > 0:
        findings.append(f"and {more:,} more")
    return f"<ul>{''.join(f'<li>{finding}</li>' for finding in findings)}</ul>" if findings else ""


def reason(ruling: Ruling) -> str:
    """A broken rule with its first counter-example; goes into a list."""
    return f"<li><strong>{text(ruling.statement)}</strong>{text(ruling.findings[0])}</li>"
