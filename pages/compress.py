"""Compress: how small an image becomes as a code, beside PCA, JPEG and WebP."""

from pathlib import Path

import streamlit as st

from aecore.runs import Run
from ui.components import chart
from ui.compress_figures import rate_figure
from ui.compress_parts import (
    ask,
    choose_bits,
    files,
    look,
    measured_on,
    rate_table,
    shown_images,
)
from ui.compress_words import titles, verdict
from ui.reports import downloads, report
from ui.run_page import of_images, open_page

TRAIN = Path(__file__).with_name("train.py")


def show(run: Run) -> None:
    """The curve, the sentences, the pictures, the files and the table."""
    st.markdown(
        "The code of an image is a short row of numbers. Rounded and written with the fewest "
        "bits, it is a compressed image: whoever has the decoder can draw it again."
    )
    found = report(run, "compress", ask())
    if found is None:
        return
    st.subheader(
        "Size against quality",
        help="Further up is better, further left is smaller: the line that is above the others "
        "wins at that size.",
    )
    seen = look(found)
    figure = rate_figure(found.tables["rates"], titles(found), seen.measure, seen.size)
    chart(figure, "compress-rates", "Quality over bytes an image, a line for each method")
    st.caption(measured_on(found))
    st.markdown("\n".join(f"- {line}" for line in verdict(found, seen.measure, seen.size)))
    st.subheader(
        "The same images in about as many bytes",
        help="Each method at the setting whose files come nearest in size to this run's.",
    )
    place = choose_bits(found)
    shown_images(found, place, seen)
    files(run, found, place)
    st.subheader("All that was measured", help="One line for each setting of each method.")
    rate_table(found)
    downloads(found, run, "compress")


run = open_page(
    "Compress", "Here you will see how small images become as codes.", TRAIN, of_the_code=True
)
if run is not None and of_images(run, "Compressing"):
    show(run)
