// Pictures in rows and columns with their names; what each stands for is said where one points at it.

export default function (component) {
  const { parentElement, data } = component;
  const { rows, heads, captions, notes, columns, shape } = data;
  const root = parentElement.querySelector(".ael-pictures") || parentElement.appendChild(make("div", { class: "ael-pictures" }));
  const images = { shape, data: fromBase64(data.images) };
  root.style.setProperty("--columns", columns);
  const cells = heads.length ? [make("span"), ...heads.map((head) => make("small", { title: head }, head))] : [];
  for (let index = 0; index < shape[0]; index++) {
    if (index % columns === 0) cells.push(make("span", { class: "ael-row-name" }, rows[index / columns]));
    const canvas = picture(images, index);
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", notes[index]);
    canvas.title = notes[index];
    cells.push(make("figure", {}, canvas, ...(captions.length ? [make("figcaption", {}, captions[index] || "\u00a0")] : [])));
  }
  root.replaceChildren(...cells);
  root.dataset.pictures = shape[0];
}
