// A grid of pictures that came with the page.

export default function ({ parentElement, data }) {
  const root = parentElement.querySelector(".ael-pictures") || parentElement.appendChild(make("div"));
  pictureGrid(root, { shape: data.shape, data: fromBase64(data.images) }, data);
}
