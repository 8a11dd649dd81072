// Guests on a map: stars where images stand that are not among its points.

const STAR = 10; // CSS pixels from a star's middle to its tips
const GOLD = "#F0E442"; // Okabe and Ito's yellow, which no class has

/** Mark where a person's own image stands on a map, or towards which edge it lies beyond it. */
function drawGuest(panel) {
  const place = panel.away ? null : panel.board.own.placeOn(panel);
  panel.box.dataset.guests = place ? 1 : 0;
  if (!place) return void panel.over.removeAttribute("aria-description");
  const { width, height } = panel.scale;
  const [x, y] = panel.toScreen(...place);
  const [shownX, shownY] = [Math.max(STAR, Math.min(width - STAR, x)), Math.max(STAR, Math.min(height - STAR, y))];
  const beyond = shownX !== x || shownY !== y;
  drawStar(panel.over.getContext("2d"), shownX, shownY, beyond);
  panel.over.setAttribute("aria-description", beyond ? "Your own image lies beyond what is shown here." : `Your own image is the star ${Math.round((100 * x) / width)} % from the left and ${Math.round((100 * y) / height)} % from the top.`);
}

/** A star with a dark and a light edge, so that it shows on any ground; hollow if what it marks is not here. */
function drawStar(context, x, y, hollow) {
  context.save();
  context.lineJoin = "round";
  context.beginPath();
  for (let tip = 0; tip < 10; tip++) {
    const [angle, reach] = [(tip * Math.PI) / 5 - Math.PI / 2, tip % 2 ? 0.45 * STAR : STAR];
    context.lineTo(x + reach * Math.cos(angle), y + reach * Math.sin(angle));
  }
  context.closePath();
  for (const [colour, width] of [["#fff", 5], ["#000", 2.5]]) {
    [context.strokeStyle, context.lineWidth] = [colour, width];
    context.stroke();
  }
  context.fillStyle = hollow ? "#fff" : GOLD;
  context.fill();
  context.restore();
}

/** Stands in for OwnImage where samples are no images: nobody draws a row of a table. */
class NoOwn {
  root = make("div", { hidden: "" });

  moved() {
    return this;
  }

  placeOn() {
    return null;
  }
}
