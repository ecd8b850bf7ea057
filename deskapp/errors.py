"""The deliberate errors, and how each is answered.

    DeskError
    |- Refused       a rule says no: a sentence at the named field; nothing typed is lost
    |- Forbidden     the acting person may not do this: a sentence, and who may
    |- Unavailable   something outside is missing (printer, disk space, lock): a state with a way on
    |- Corrupt       the store is damaged or foreign: stop, keep a copy, offer to heal

Anything else that is raised is a bug and goes to the crash report.
"""

from __future__ import annotations


def N_(text: str) -> str:
    """Mark a text for translation where it is declared; it is translated where it is shown."""
    return text


class DeskError(Exception):
    """A deliberate error: an English sentence with named placeholders, and the values for them.

    `sentence` is a message id of the translation catalogue, so rules, commands and
    the server need no language; `i18n.say(error)` puts it into the reader's language.
    """

    def __init__(self, sentence: str, *, field: str = "", code: str = "", **values: object) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.field = field
        self.code = code
        self.values = values

    def __str__(self) -> str:
        try:
            return self.sentence.format(**self.values)
        except (KeyError, IndexError, ValueError):
            return self.sentence


class Refused(DeskError):
    """A rule of the shop says no. `field` names the input that has to change."""


class Forbidden(Refused):
    """The acting person may not do this."""


class Unavailable(DeskError):
    """Something outside the program is missing; the act can be tried again."""


class Corrupt(DeskError):
    """The store is damaged, foreign or newer than this program."""
