"""Links that show one run to whoever has them: made, listed, revoked, opened."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from time import time
from urllib.parse import urlencode, urlsplit

import streamlit as st

from aecore.catalog.links import Share
from aecore.catalog.people import server_mode
from aecore.catalog.shares import make_share, open_share, revoke, shares_of
from aecore.errors import UnknownName
from ui.access import Seen, catalog, see, visitor
from ui.calm import to_the_end
from ui.notes import attempt
from ui.selection import SHARE, held, hold, select_run, take_from_link, widget_value
from ui.words import count_of, day

DAYS = (1, 7, 14, 30)
USUAL = 14
MADE = "shared"
LISTED = 10


def address(page: str, **query: str) -> str:
    """A link to a page as others can open it."""
    here = urlsplit(st.context.url or "http://localhost")
    base = str(st.get_option("server.baseUrlPath")).strip("/")
    path = "/".join(part for part in (base, page) if part)
    return f"{here.scheme}://{here.netloc}/{path}?{urlencode(query)}"


def let_in() -> bool:
    """Open the run of a share link, and take its token out of the address; False: none such."""
    token = take_from_link(SHARE)
    if not token:
        return True
    try:
        person = visitor()
        select_run(see(person, open_share(catalog(), person, token).id).run)
    except UnknownName:
        return False
    return True


def view_only(seen: Seen) -> None:
    """Say so, where somebody sees a run that is not theirs."""
    if seen.may("edit"):
        return
    if seen.may("control"):
        st.caption("Somebody else's run: you see it because you look after this machine.")
    elif seen.row.demo:
        st.caption("The demonstration run: everybody may look at it.")
    else:
        st.caption("Shared with you: view only.")


def share_menu(seen: Seen) -> None:
    """Make a link to a run, and end those that were made; nothing where nobody else could come."""
    if not server_mode() or not seen.may("share"):
        return
    menu = st.popover("Share", icon=":material/share:", help="Show this run to others by a link.")
    with menu:
        st.markdown("Whoever has the link may look at this run, and change nothing.")
        key = f"share:{seen.run.id}:days"
        st.segmented_control(
            "The link holds for",
            DAYS,
            default=USUAL,
            required=True,
            format_func=lambda days: count_of(days, "day"),
            key=key,
            help="After that it opens nothing; you can end it earlier.",
        )
        st.button(
            "Make a link",
            key=f"share:{seen.run.id}:make",
            help="It is shown once: copy it then.",
            on_click=to_the_end(lambda: attempt(_make, seen, int(widget_value(key)))),
        )
        made = held(MADE)
        if made and made[0] == seen.run.id:
            st.code(made[1], language=None, wrap_lines=True)
            st.caption("Copy it now: it is not kept, and cannot be shown again.")
        link_list(shares_of(catalog(), seen.row), partial(revoke, catalog(), seen.person, seen.row))


def _make(seen: Seen, days: int) -> None:
    token = make_share(catalog(), seen.person, seen.row, days)
    hold(MADE, (seen.run.id, address("train", **{SHARE: token})))


def link_list(links: list[Share], end: Callable[[int], None]) -> None:
    """The links that were made, each with a way to end it while it holds."""
    for link in links[:LISTED]:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.caption(_line(link), width="stretch")
            if link.holds:
                st.button(
                    "Revoke",
                    key=f"share:{link.id}:revoke",
                    help="End this link at once, also for those who opened it before.",
                    on_click=partial(attempt, end, link.id),
                )
    if len(links) > LISTED:
        st.caption(f"And {count_of(len(links) - LISTED, 'older link')}.")


def _line(link: Share) -> str:
    zone = st.context.timezone
    if link.revoked is not None:
        end = f"revoked {day(link.revoked, zone)}"
    elif link.expires > time():
        end = f"ends {day(link.expires, zone)}"
    else:
        end = f"ended {day(link.expires, zone)}"
    return f"Made {day(link.created, zone)}, {end}, {count_of(link.visitors, 'visitor')}."
