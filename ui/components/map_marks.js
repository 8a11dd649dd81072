// What lies over the points: the ring under the pointer, its image, neighbour lines, spreads, the lasso.

const RING = 8; // CSS pixels
const MOST_SPREADS = 60;
const DEVIATIONS = 2;
const LINES = { none: "None", pixels: "By their pixels", code: "By their codes", both: "Both" };

class Marks {
  constructor(panel, canvas) {
    this.panel = panel;
    this.canvas = canvas;
    this.tip = make("div", { class: "ael-tip", hidden: "" });
  }

  get view() {
    return this.panel.board.view;
  }

  draw() {
    const { panel, canvas } = this;
    const context = canvas.getContext("2d");
    const ratio = window.devicePixelRatio || 1;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, canvas.clientWidth, canvas.clientHeight);
    this.tip.hidden = true;
    if (!panel.xy || !panel.board.ready) return;
    context.strokeStyle = context.fillStyle = getComputedStyle(panel.box).color;
    this.lasso(context);
    this.spreads(context);
    drawGuest(panel);
    const i = panel.board.hovered;
    if (i >= 0 && i < panel.count) this.hovered(context, i);
    else if (this.spot) this.decoded(context);
  }

  lasso(context) {
    const { corners } = this.panel.pointer;
    if (!corners || corners.length < 2) return;
    context.setLineDash([5, 4]);
    context.beginPath();
    corners.forEach(([x, y], i) => context[i ? "lineTo" : "moveTo"](x, y));
    context.closePath();
    context.stroke();
    context.setLineDash([]);
  }

  hovered(context, i) {
    const { xy, board } = this.panel;
    const [x, y] = [xy[2 * i], xy[2 * i + 1]];
    const near = board.neighbours(i);
    if (near) {
      if (this.view.lines !== "code") this.lines(context, i, near.pixels, []);
      if (this.view.lines !== "pixels" && near.code) this.lines(context, i, near.code, [2, 3]);
    }
    context.lineWidth = 2;
    context.beginPath();
    context.arc(x, y, RING, 0, 2 * Math.PI);
    context.stroke();
    this.show(x, y, board.describe(i));
  }

  lines(context, i, others, dash) {
    const { xy, count } = this.panel;
    context.lineWidth = 1.2;
    context.setLineDash(dash);
    context.beginPath();
    for (const j of others.data) {
      if (j >= count) continue;
      context.moveTo(xy[2 * i], xy[2 * i + 1]);
      context.lineTo(xy[2 * j], xy[2 * j + 1]);
    }
    context.stroke();
    context.setLineDash([]);
    for (const j of others.data) if (j < count) context.strokeRect(xy[2 * j] - 3, xy[2 * j + 1] - 3, 6, 6);
  }

  /** Ellipses of two standard deviations around the hovered and the selected codes. */
  spreads(context) {
    const { panel } = this;
    if (!this.view.spread || !panel.spreads || panel.away) return;
    if (!this.covariance) return this.askSpread();
    const { hovered, mask } = panel.board;
    let drawn = 0;
    for (let i = 0; i < panel.count && drawn < MOST_SPREADS; i++) {
      if (i !== hovered && !mask[i]) continue;
      this.ellipse(context, i);
      drawn++;
    }
    panel.box.dataset.spreads = drawn;
  }

  ellipse(context, i) {
    const [xx, xy, yy] = ["xx", "xy", "yy"].map((name) => this.covariance[name].data[i]);
    const [half, turn] = [Math.hypot((xx - yy) / 2, xy), Math.atan2(2 * xy, xx - yy) / 2];
    const middle = (xx + yy) / 2;
    const radius = (variance) => DEVIATIONS * Math.sqrt(Math.max(0, variance)) * this.panel.scale.scale;
    context.globalAlpha = 0.6;
    context.lineWidth = 1;
    context.beginPath();
    context.ellipse(this.panel.xy[2 * i], this.panel.xy[2 * i + 1], radius(middle + half), radius(middle - half), -turn, 0, 2 * Math.PI);
    context.stroke();
    context.globalAlpha = 1;
  }

  async askSpread() {
    if (this.asking) return;
    this.asking = true;
    try {
      const { arrays } = await ask(`${this.panel.url}/spread?${new URLSearchParams({ map: this.panel.query, step: this.panel.board.step })}`);
      this.covariance = arrays;
      this.draw();
    } catch (error) {
      this.panel.say(error.message);
    }
    this.asking = false;
  }

  /** The pointer is over empty space, or (null) is not. */
  over(place) {
    const { panel } = this;
    this.wanted = place;
    if (!place || !panel.land || !this.view.decode) {
      if (this.spot && String([this.spot.x, this.spot.y]) !== String(this.pinned)) this.spot = null;
      return void this.draw();
    }
    if (!this.busy) this.decode();
  }

  /** One question at a time; while one is on its way only the newest place is remembered. */
  async decode() {
    this.busy = true;
    while (this.wanted) {
      const place = this.wanted;
      const [x, y] = this.panel.onMap(...place);
      try {
        const { values, arrays } = await ask(`${this.panel.url}/spot?${new URLSearchParams({ map: this.panel.query, x, y, step: this.panel.board.step })}`);
        if (!this.wanted) break;
        this.spot = { x, y, arrays, exact: values.exact };
        this.panel.box.dataset.spots = (+this.panel.box.dataset.spots || 0) + 1;
        this.draw();
      } catch {
        break; // the map is just being drawn anew
      }
      if (this.wanted === place) break;
    }
    this.busy = false;
  }

  /** A place was clicked: the sliders start from it, and what it stands for stays in sight. */
  pin(place) {
    if (!this.panel.land || !this.view.decode) return;
    this.pinned = this.panel.onMap(...place);
    this.panel.board.place(this.panel, this.pinned);
    this.over(place);
  }

  decoded(context) {
    const { x, y, arrays, exact } = this.spot;
    const [sx, sy] = this.panel.toScreen(x, y);
    context.lineWidth = 2;
    context.beginPath();
    for (const [dx, dy] of [[RING, 0], [0, RING]]) {
      context.moveTo(sx - dx, sy - dy);
      context.lineTo(sx + dx, sy + dy);
    }
    context.stroke();
    const how = exact ? "decoded from this place" : "decoded from the average code around";
    const land = arrays.far.data[0] > 1 ? "nothing near that trained" : "near to what trained";
    this.show(sx, sy, [picture(arrays.images, 0), make("span", {}, how, make("br"), land)]);
  }

  show(x, y, content) {
    const { tip, canvas } = this;
    tip.replaceChildren(...content);
    tip.hidden = false;
    tip.style.left = `${Math.max(0, Math.min(x + 14, canvas.clientWidth - tip.offsetWidth - 4))}px`;
    tip.style.top = `${Math.max(0, Math.min(y - tip.offsetHeight - 6, canvas.clientHeight - tip.offsetHeight))}px`;
  }
}
