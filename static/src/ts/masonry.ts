// <ul class="masonry" data-module="masonry">: row-major masonry, so that reading order stays in time order.
// Without scripts the grid is simply aligned by rows.
const ROW = 4; // px, as grid-auto-rows in pages.css

export default function masonry(wall: HTMLElement): void {
  const lay = () => {
    wall.classList.remove("is-on");
    const items = [...wall.children] as HTMLElement[];
    for (const item of items) item.style.gridRowEnd = "";
    const spans = items.map((item) => Math.ceil(item.getBoundingClientRect().height / ROW));
    wall.classList.add("is-on");
    items.forEach((item, n) => (item.style.gridRowEnd = `span ${spans[n]}`));
  };
  let width = 0;
  new ResizeObserver(() => {
    if (wall.clientWidth === width) return;
    width = wall.clientWidth;
    lay();
  }).observe(wall);
  new MutationObserver(lay).observe(wall, { childList: true });
  void document.fonts.ready.then(lay);
}
