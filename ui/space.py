"""A visitor's private space on a server: logged in, carried to another device, explained."""

from __future__ import annotations

import streamlit as st

from aecore.catalog.people import carry_over, server_mode
from aecore.errors import InputError
from ui.access import catalog, log_out_here, visitor
from ui.calm import to_the_end
from ui.cookies import browser_of
from ui.identity import personal_token, read_personal_token
from ui.login import login_configured
from ui.selection import ENTER, held, hold, let_go, take_from_link
from ui.sharing import address
from ui.words import plain

LINK, ASKED = "personal", "enter"
NO_COOKIE = "Allow this site's cookie and reload: it is what makes your runs yours."


def ask_for_login() -> None:
    """Where people log in: nothing but a sentence and a button for who has not."""
    # Not `st.user.is_logged_in`, which stays true when a login is over.
    if not server_mode() or not login_configured() or visitor().role != "nobody":
        return
    st.title("Autoencoder Lab")
    st.markdown("Log in first: your runs are yours alone, and this is how they know you.")
    st.button(
        "Log in",
        type="primary",
        icon=":material/login:",
        help="Goes to the login page of your institution and comes back.",
        on_click=st.login,
    )
    st.stop()


def ask_to_enter() -> None:
    """Before a personal link is followed, ask: it takes this browser into another space."""
    token = take_from_link(ENTER)
    if not server_mode() or login_configured():
        return
    if token:
        hold(ASKED, token)
    if not held(ASKED):
        return
    try:
        who = read_personal_token(held(ASKED))
    except InputError as error:
        let_go(ASKED)
        st.warning(plain(str(error)))
        return
    person = visitor()
    if person.role == "nobody":
        st.warning(NO_COOKIE)
        return
    if who == person.id:
        let_go(ASKED)
        return
    _question(who)
    st.stop()


def _question(who: str) -> None:
    st.title("Use this private space in this browser?")
    st.markdown("Runs made here before stay with the old space.")
    with st.container(horizontal=True):
        st.button(
            "Use it here",
            type="primary",
            help="This browser then shows the runs of that space, for a year.",
            on_click=_enter,
            args=(who,),
        )
        st.button(
            "Not now",
            help="Everything stays as it is.",
            on_click=let_go,
            args=(ASKED,),
        )


@to_the_end
def _enter(who: str) -> None:
    let_go(ASKED)
    carry_over(catalog(), browser_of(st.context.cookies), who)


def space_menu() -> None:
    """Whose runs these are and how to take them along; in the sidebar of a server."""
    if not server_mode():
        return
    with st.popover("Your space", icon=":material/person:", help="Whose runs these are."):
        if login_configured():
            _account()
        elif visitor().role == "nobody":
            st.markdown(NO_COOKIE)
        else:
            _browser()


def _account() -> None:
    named = str(st.user.get("name") or st.user.get("email") or "your account")
    st.markdown(f"You are logged in as {plain(named)}. Your runs belong to this account.")
    st.button("Log out", help="Your runs stay, and go on.", on_click=log_out_here)


def _browser() -> None:
    st.markdown(
        "Your runs belong to this browser, by a cookie that holds nothing but a random name. "
        "Nobody else sees them. To have them on another device too, open your personal link there."
    )
    st.button(
        "Make a personal link",
        help="It holds for 30 days. Keep it to yourself: whoever has it has your runs.",
        on_click=_make,
    )
    if held(LINK):
        st.code(held(LINK), language=None, wrap_lines=True)
        st.caption("Whoever has this link has your runs. It holds for 30 days.")


@to_the_end
def _make() -> None:
    hold(LINK, address("", **{ENTER: personal_token(visitor())}))
