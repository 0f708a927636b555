// <ul class="masonry" data-module="masonry">: row-major masonry, so that reading order stays in time order.
// Without scripts the grid is simply aligned by rows.
const ROW = 4; // px, as grid-auto-rows in css/pages/schedule.css

export default function masonry(wall: HTMLElement): void {
  const lay = () => {
    wall.classList.remove("is-on");
    const items = [...wall.children] as HTMLElement[];
    for (const item of items) item.style.gridRowEnd = "";
    const spans = items.map((item) => Math.ceil(item.getBoundingClientRect().height / ROW));
    wall.classList.add("is-on");
    items.forEach((item, n) => (item.style.gridRowEnd = `span ${spans[n]}`));
  };
  // What is in the items is as high as it needs to be: it changes with the width, the font and the reader's text size.
  const sizes = new ResizeObserver(lay);
  const watch = () => {
    sizes.disconnect();
    for (const item of wall.children) if (item.firstElementChild) sizes.observe(item.firstElementChild);
  };
  new MutationObserver(watch).observe(wall, { childList: true });
  watch();
}
