"""What a desk that is to be killed has loaded before its life begins: it is forked off a process that has all of this.

A life of half a second would be over before a font is read.
"""

from __future__ import annotations

from deskapp.print import paper_template, render

assert paper_template.FAMILY
render.warm_up()
