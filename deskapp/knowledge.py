"""The guides and articles as shipped, read once and searchable without a network."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from deskapp.errors import N_, Refused
from deskapp.paths import resource
from deskapp.rules.guides import Guide, parse


@dataclass(frozen=True, slots=True)
class Article:
    """One article in one language; `body` is Markdown."""

    id: str
    title: str
    version: int
    language: str
    tags: tuple[str, ...]
    body: str


@cache
def guides() -> dict[str, Guide]:
    """Return every shipped guide by its id."""
    found = [parse(path.read_text("utf-8")) for path in sorted(resource("knowledge", "guides").glob("*.toml"))]
    return {guide.id: guide for guide in found}


def guide(guide_id: str) -> Guide:
    """Return a guide; raises Refused for one that is not there."""
    if guide_id not in guides():
        raise Refused(N_("There is no guide for this yet."), field="guide")
    return guides()[guide_id]


def guide_for(symptom_code: str) -> Guide | None:
    """Return the guide for a symptom, or None."""
    return next((one for one in guides().values() if symptom_code in one.symptoms), None)


def picture(name: str) -> Path:
    """Return the file of a picture that a step names."""
    return resource("knowledge", "pictures", name)


@cache
def articles() -> tuple[Article, ...]:
    """Return every shipped article in every language."""
    return tuple(_read(path) for path in sorted(resource("knowledge", "articles").glob("*.md")))


def articles_in(language: str) -> tuple[Article, ...]:
    """Return the articles for a window's language."""
    wanted = "zh" if language == "zh_CN" else "en"
    return tuple(article for article in articles() if article.language == wanted)


def search(text: str, language: str) -> tuple[Article, ...]:
    """Return the articles in which every word of the text occurs, best first: title, tags, body."""
    words = [word for word in text.lower().split() if word]

    def rank(article: Article) -> int | None:
        total = 0
        for word in words:
            places = (article.title.lower(), " ".join(article.tags).lower(), article.body.lower())
            hit = next((place for place, where in enumerate(places) if word in where), None)
            if hit is None:
                return None
            total += hit
        return total

    ranked = [(rank(article), article) for article in articles_in(language)]
    return tuple(article for score, article in sorted(
        ((score, article) for score, article in ranked if score is not None), key=lambda pair: pair[0]
    ))  # fmt: skip


def _read(path: Path) -> Article:
    _, head, body = path.read_text("utf-8").split("---\n", 2)
    fields = dict(line.split(":", 1) for line in head.strip().splitlines())
    return Article(
        fields["id"].strip(), fields["title"].strip(), int(fields["version"]), fields["language"].strip(),
        tuple(tag.strip() for tag in fields["tags"].split(",")), body.strip(),
    )  # fmt: skip
