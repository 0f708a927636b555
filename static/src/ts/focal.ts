// The focal point of a picture: x, y in 0..1 of the original. The crop is the largest 2:3 window that has the point as
// near its centre as the edges allow; pins/imaging.py cuts by the same rule. Dragged, or moved by the arrow keys.
//   [data-stage] the 2:3 frame, with an <img data-stage-img> and a <button data-focal>
import { announce, clamp, find } from "./dom";

const FRAME = 2 / 3; // width to height of a Pin
const STEP = 0.02;
const BIG_STEP = 0.1; // with Shift

export type Point = { x: number; y: number };

/** Along one axis: where the window starts (as object-position wants it), and where in the window the point lies. */
function along(point: number, part: number): { position: number; dot: number } {
  const start = clamp(point - part / 2, 0, 1 - part);
  return { position: part < 1 ? start / (1 - part) : 0.5, dot: (point - start) / part };
}

export function crop(point: Point, ratio: number): { x: ReturnType<typeof along>; y: ReturnType<typeof along> } {
  return { x: along(point.x, Math.min(1, FRAME / ratio)), y: along(point.y, Math.min(1, ratio / FRAME)) };
}

const percent = (share: number) => `${(share * 100).toFixed(2)}%`;

/** The original as uploaded; what browsers can't show (HEIC) is shown as it was prepared. */
export type Sources = { source: string; fallback: string };
export type Stage = { show: (sources: Sources, alt: string, point: Point) => void; clear: () => void };

/** Binds a stage. `mirrors` are further pictures that show the same crop; `moved` hears of each change by hand. */
export function bindStage(stage: HTMLElement, mirrors: HTMLImageElement[], moved: (point: Point) => void): Stage | null {
  const image = find<HTMLImageElement>("[data-stage-img]", stage);
  const dot = find<HTMLButtonElement>("[data-focal]", stage);
  if (!image || !dot) return null;
  let point: Point = { x: 0.5, y: 0.5 };

  const apply = () => {
    const ratio = image.naturalWidth && image.naturalHeight ? image.naturalWidth / image.naturalHeight : FRAME;
    const { x, y } = crop(point, ratio);
    for (const picture of [image, ...mirrors]) picture.style.objectPosition = `${percent(x.position)} ${percent(y.position)}`;
    dot.style.left = percent(x.dot);
    dot.style.top = percent(y.dot);
  };
  const move = (x: number, y: number) => {
    point = { x: clamp(x), y: clamp(y) };
    apply();
    moved(point);
  };

  // A drag of one frame's width moves the point by the share of the picture that the frame shows.
  let from: { left: number; top: number; at: Point; width: number; height: number } | null = null;
  dot.addEventListener("pointerdown", (event) => {
    const box = stage.getBoundingClientRect();
    const ratio = image.naturalWidth / image.naturalHeight || FRAME;
    const shown = { width: box.width / Math.min(1, FRAME / ratio), height: box.height / Math.min(1, ratio / FRAME) };
    from = { left: event.clientX, top: event.clientY, at: point, ...shown };
    dot.setPointerCapture(event.pointerId);
  });
  dot.addEventListener("pointermove", (event) => {
    if (from) move(from.at.x + (event.clientX - from.left) / from.width, from.at.y + (event.clientY - from.top) / from.height);
  });
  for (const end of ["pointerup", "pointercancel"]) dot.addEventListener(end, () => (from = null));

  dot.addEventListener("keydown", (event) => {
    const step = event.shiftKey ? BIG_STEP : STEP;
    const way = ({ ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] } as Record<string, [number, number]>)[event.key];
    if (!way) return;
    event.preventDefault();
    move(point.x + way[0] * step, point.y + way[1] * step);
    announce(`${Math.round(point.x * 100)} percent from the left, ${Math.round(point.y * 100)} from the top`);
  });
  image.addEventListener("load", apply);

  return {
    show({ source, fallback }, alt, at) {
      point = { x: clamp(at.x), y: clamp(at.y) };
      stage.classList.remove("is-empty");
      dot.hidden = false;
      for (const picture of [image, ...mirrors]) {
        picture.onerror = fallback && fallback !== source ? () => ((picture.onerror = null), (picture.src = fallback)) : null;
        if (picture.dataset["source"] !== source) picture.src = source;
        picture.dataset["source"] = source;
        picture.hidden = false;
      }
      image.alt = alt;
      apply();
    },
    clear() {
      stage.classList.add("is-empty");
      dot.hidden = true;
      for (const picture of [image, ...mirrors]) {
        picture.hidden = true;
        picture.onerror = null;
        picture.removeAttribute("src");
        delete picture.dataset["source"];
      }
    },
  };
}
