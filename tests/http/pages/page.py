"""A page as a visitor sees it: its visible words, its forms and where it leads. And what makes a page safe."""

from html.parser import HTMLParser
from typing import NamedTuple

VOID = {"meta", "link", "input", "br", "img", "hr", "path", "rect"}
UNSEEN = {"head", "script", "noscript", "template"}
ADDRESSES = {"href", "src", "action", "formaction", "srcset", "data", "poster", "xlink:href", "background", "ping"}


class Tag(NamedTuple):
    """An element's beginning."""

    name: str
    attributes: dict[str, str]


class Button(NamedTuple):
    """A button of a form, as it is seen."""

    label: str
    address: str
    disabled: bool


class Form:
    """A form that is seen: what it would send, and its buttons."""

    def __init__(self, address: str, method: str) -> None:
        self.address = address
        self.method = method
        self.fields: dict[str, str] = {}
        self.inputs: dict[str, dict[str, str]] = {}
        self.buttons: list[Button] = []


class Page(HTMLParser):
    """A page, read."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.html = html
        self.tags = list[Tag]()
        self.forms = list[Form]()
        self._words = list[str]()
        self._stack = list[tuple[Tag, bool]]()
        self._label = list[str]()
        self._alert = list[str]()
        self._scripts = list[str]()
        self._select = ""
        self.feed(html)
        self.close()
        assert not self._stack, f"not closed: {[tag.name for tag, _ in self._stack]}"

    @property
    def text(self) -> str:
        """All words that are seen."""
        return " ".join(" ".join(self._words).split())

    @property
    def alert(self) -> str:
        """What the page says of the last press."""
        return " ".join(" ".join(self._alert).split())

    @property
    def buttons(self) -> list[Button]:
        """All buttons that are seen and send something."""
        return [button for form in self.forms for button in form.buttons]

    def form_of(self, label: str) -> tuple[Form, Button]:
        """The form with this button."""
        found = [(form, button) for form in self.forms for button in form.buttons if button.label == label]
        assert len(found) == 1, f"{label!r} is one of {[button.label for button in self.buttons]}"
        return found[0]

    def links(self, label: str) -> list[str]:
        """Where links with these words lead."""
        return self._links.get(label, [])

    def attributes(self, element: str, /, **wanted: str) -> list[dict[str, str]]:
        """The attributes of all elements of this kind that have at least these."""
        return [tag.attributes for tag in self.tags if tag.name == element and wanted.items() <= tag.attributes.items()]

    # Reading.

    def handle_starttag(self, name: str, attributes: list[tuple[str, str | None]]) -> None:
        tag = Tag(name, {key: value or "" for key, value in attributes})
        self.tags.append(tag)
        if name not in VOID:
            self._stack.append((tag, self._is_seen() and name not in UNSEEN and "hidden" not in tag.attributes))
        if name == "form":
            self.forms.append(Form(tag.attributes["action"], tag.attributes["method"]))
        if name == "input":
            self.forms[-1].fields[tag.attributes["name"]] = tag.attributes.get("value", "")
            self.forms[-1].inputs[tag.attributes["name"]] = tag.attributes
        if name == "select":
            self._select = tag.attributes["name"]
        if name == "option" and ("selected" in tag.attributes or self._select not in self.forms[-1].fields):
            self.forms[-1].fields[self._select] = tag.attributes["value"]
        if name in ("button", "a"):
            self._label = []

    def handle_startendtag(self, name: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append(Tag(name, {key: value or "" for key, value in attributes}))

    def handle_endtag(self, name: str) -> None:
        tag, seen = self._stack.pop()
        assert tag.name == name, f"</{name}> closes <{tag.name}>"
        label = " ".join(" ".join(self._label).split())
        if name == "form" and not seen:
            self.forms.pop()
        if name == "button" and seen and tag.attributes.get("type") != "button":
            address = tag.attributes.get("formaction", self.forms[-1].address)
            self.forms[-1].buttons.append(Button(label, address, "disabled" in tag.attributes))
        if name == "a":
            self._links.setdefault(label, []).append(tag.attributes["href"])

    def handle_data(self, data: str) -> None:
        if self._stack and self._stack[-1][0].name == "script":
            self._scripts.append(data)
        if not self._is_seen():
            return
        self._words.append(data)
        self._label.append(data)
        if any(tag.attributes.get("role") == "alert" for tag, _ in self._stack):
            self._alert.append(data)

    def _is_seen(self) -> bool:
        return all(seen for _, seen in self._stack)

    def reset(self) -> None:
        super().reset()
        self._links: dict[str, list[str]] = {}

    def check_safe(self) -> None:
        """No script or style stands in it, and it names no address of another host."""
        assert not "".join(self._scripts).strip(), "a script stands in a file of its own"
        assert not self.attributes("style"), "so does a style"
        for tag in self.tags:
            assert tag.name not in ("base", "iframe", "object", "embed"), tag
            for name, value in tag.attributes.items():
                assert name != "style", tag
                assert not name.startswith("on"), tag
                if name in ADDRESSES:
                    assert value.startswith("#") or (value.startswith("/") and not value.startswith("//")), tag
            if tag.attributes.get("http-equiv"):
                assert tag.attributes["content"].isdecimal(), tag
