// Turning maps: the same points in two maps, brought to lie as alike as a turn and a flip allow.

/** The lowest of each axis and the larger of both widths. */
function bounds(places) {
  const [low, high] = [[Infinity, Infinity], [-Infinity, -Infinity]];
  for (let at = 0; at < places.length; at++) {
    low[at % 2] = Math.min(low[at % 2], places[at]);
    high[at % 2] = Math.max(high[at % 2], places[at]);
  }
  const widths = [high[0] - low[0], high[1] - low[1]];
  const span = Math.max(...widths, 1e-9);
  return { low: low.map((value, axis) => value - (span - widths[axis]) / 2), span };
}

/** Places turned, and flipped where that fits better, towards others (orthogonal Procrustes). */
function aligned(places, others) {
  const turn = turning(places, others);
  const turned = new Float32Array(places.length);
  for (let i = 0; i < places.length; i += 2) turned.set(turnedBy(turn, [places[i], places[i + 1]]), i);
  return turned;
}

/** The turn, around their middle, that brings places to lie as much as they can like others. */
function turning(places, others) {
  const [centre, goal] = [middle(places), middle(others)];
  let [xx, xy, yx, yy] = [0, 0, 0, 0];
  for (let i = 0; i < places.length; i += 2) {
    const [ax, ay] = [places[i] - centre[0], places[i + 1] - centre[1]];
    const [bx, by] = [others[i] - goal[0], others[i + 1] - goal[1]];
    xx += ax * bx;
    xy += ax * by;
    yx += ay * bx;
    yy += ay * by;
  }
  const flip = Math.hypot(xx - yy, xy + yx) > Math.hypot(xx + yy, xy - yx) ? -1 : 1;
  const angle = Math.atan2(xy - flip * yx, xx + flip * yy);
  return { centre, flip, cos: Math.cos(angle), sin: Math.sin(angle) };
}

/** One place after a turn. */
function turnedBy({ centre, flip, cos, sin }, [x, y]) {
  const [ax, ay] = [x - centre[0], flip * (y - centre[1])];
  return [cos * ax - sin * ay + centre[0], sin * ax + cos * ay + centre[1]];
}

function middle(places) {
  const sum = [0, 0];
  for (let at = 0; at < places.length; at++) sum[at % 2] += places[at];
  return sum.map((value) => (2 * value) / places.length);
}
