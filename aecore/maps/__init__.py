"""Maps of a run's samples: what to draw, drawing it, and keeping what was drawn."""

from aecore.maps.draw import Drawn, draw
from aecore.maps.samples import Samples, samples_of
from aecore.maps.spec import CODE, MapSpec

__all__ = ["CODE", "Drawn", "MapSpec", "Samples", "draw", "samples_of"]
