"""The machine as meters: slots in use, the disk, and what a visitor may still ask for."""

from __future__ import annotations

import streamlit as st

from aecore.catalog.overview import usage
from aecore.catalog.people import server_mode
from aecore.jobs.presence import Presence
from aecore.paths import home
from aecore.runs.disk import disk_of
from ui.access import catalog, limits, slots, supervisor, visitor
from ui.words import count_of, duration, plain, size


def machine(at_work: int) -> None:
    """What computes, how much of it is in use, and how full the disk is.

    Args:
        at_work: runs that hold a slot now.
    """
    told = supervisor()
    places, disk = slots(), disk_of(home())
    left, right = st.columns(2, gap="medium")
    meter(left, f"{at_work} of {count_of(places, 'slot')} in use · {_device(told)}",
          at_work, places)  # fmt: skip
    meter(right, f"Disk: {size(disk.free)} of {size(disk.total)} free",
          disk.total - disk.free, disk.total)  # fmt: skip
    if disk.tight:
        st.warning("The disk is almost full: runs pause until there is room.")
    elif disk.filling:
        st.warning("The disk is filling up: nothing new is started until there is room.")


def _device(told: Presence | None) -> str:
    return plain(told.device) if told is not None and told.device else "processor"


def meter(where: st.delta_generator.DeltaGenerator, text: str, used: float, all_: float) -> None:
    """A bar with its text; full stays full however much more there is."""
    where.progress(min(1.0, max(0.0, used / all_)) if all_ else 1.0, text=text)


def own_limits() -> None:
    """What a visitor of a server may ask of it, and how much of that is in use."""
    if not server_mode():
        return
    allowed, used = limits(), usage(catalog(), visitor().id)
    st.subheader("Yours here", help="What one person may ask of this machine.")
    running, waiting, disk = st.columns(3, gap="medium")
    meter(running, f"Training: {used.running} of {allowed.running}", used.running, allowed.running)
    meter(waiting, f"Waiting: {used.waiting} of {allowed.queued}", used.waiting, allowed.queued)
    meter(disk, f"Disk: {size(used.bytes)} of {size(allowed.disk_gb * 1e9)}",
          used.bytes, allowed.disk_gb * 1e9)  # fmt: skip
    st.caption(
        f"One run may have up to {allowed.parameters:,} parameters and {allowed.epochs:,} epochs, "
        f"and train for {duration(60 * allowed.minutes)}; then it is saved and stops."
    )
