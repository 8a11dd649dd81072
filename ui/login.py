"""Streamlit's own login (OIDC): whether it is set up, and who is logged in in this tab."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from aecore.catalog.people import LOGIN_HOURS, account_of
from aecore.errors import InputError


@dataclass(frozen=True)
class Login:
    """Whom the provider named (issuer and user), and until when we believe it."""

    subject: str
    until: float

    @property
    def account(self) -> str:
        """The id of that person in the catalogue."""
        return account_of(self.subject)


def login_configured() -> bool:
    """Whether Streamlit's login is set up in secrets.toml.

    Raises InputError where that file cannot be read: nobody gets in by a typing mistake.
    """
    if not any(Path(path).exists() for path in st.get_option("secrets.files")):
        return False
    try:
        return "auth" in st.secrets
    except OSError:
        raise InputError("Streamlit's secrets.toml cannot be read; correct it.") from None


def tab_login() -> Login | None:
    """Who is logged in in this tab; None for nobody, and for a login that is over.

    Streamlit's cookie lasts 30 days, and Streamlit itself never looks whether a login is over.
    """
    claims = st.user.to_dict()
    if not claims.get("is_logged_in") or not claims.get("sub"):
        return None
    since, until = _time(claims.get("iat")), _time(claims.get("exp"))
    until = min(until or since, since + LOGIN_HOURS * 3600)
    issuer = claims.get("iss") or claims.get("provider") or ""
    return Login(f"{issuer} {claims['sub']}", until) if until > time.time() else None


def _time(claim: object) -> float:
    return float(claim) if isinstance(claim, int | float) else 0.0
