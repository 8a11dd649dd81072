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

/** How to turn places, and flip them where that fits better, towards others (orthogonal Procrustes). */
function turnTowards(places, others) {
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

const UNTURNED = { centre: [0, 0], flip: 1, cos: 1, sin: 0 };

function turned(places, { centre, flip, cos, sin }) {
  const made = new Float32Array(places.length);
  for (let i = 0; i < places.length; i += 2) {
    const [x, y] = [places[i] - centre[0], flip * (places[i + 1] - centre[1])];
    made[i] = cos * x - sin * y + centre[0];
    made[i + 1] = sin * x + cos * y + centre[1];
  }
  return made;
}

/** Where a place of a turned map lies on the map as it was drawn. */
function turnedBack([x, y], { centre, flip, cos, sin }) {
  const [dx, dy] = [x - centre[0], y - centre[1]];
  return [cos * dx + sin * dy + centre[0], flip * (cos * dy - sin * dx) + centre[1]];
}

/** Places brought into the frame of others: the same middle of the picture, the same width. */
function framed(places, others) {
  const [from, to] = [bounds(places), bounds(others)];
  return places.map((value, at) => to.low[at % 2] + ((value - from.low[at % 2]) * to.span) / from.span);
}

function middle(places) {
  const sum = [0, 0];
  for (let at = 0; at < places.length; at++) sum[at % 2] += places[at];
  return sum.map((value) => (2 * value) / places.length);
}

function mixed(from, to, share) {
  const made = new Float32Array(to.length);
  for (let at = 0; at < made.length; at++) made[at] = from[at] + (to[at] - from[at]) * share;
  return made;
}
