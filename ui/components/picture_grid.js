// Pictures in rows and columns with their names; what each stands for is said where one points at it.

/** Draws images, an (n, C, H, W) uint8 array, into an element; heads and captions may be empty. */
function pictureGrid(root, images, { columns, rows, notes, heads = [], captions = [] }) {
  root.classList.add("ael-pictures");
  root.style.setProperty("--columns", columns);
  const cells = heads.length ? [make("span"), ...heads.map((head) => make("small", { title: head }, head))] : [];
  for (let index = 0; index < images.shape[0]; index++) {
    if (index % columns === 0) cells.push(make("span", { class: "ael-row-name" }, rows[index / columns]));
    const canvas = picture(images, index);
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", notes[index]);
    canvas.title = notes[index];
    cells.push(make("figure", {}, canvas, ...(captions.length ? [make("figcaption", {}, captions[index] || "\u00a0")] : [])));
  }
  root.replaceChildren(...cells);
  root.dataset.pictures = images.shape[0];
}
