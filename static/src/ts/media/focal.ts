// How a picture becomes 2:3, before and after. pins/imaging does the same with the pixels.
//   crop    the largest 2:3 window that has the focal point (x, y in 0..1) as near its centre as the edges allow
//   blur    the whole picture on itself, enlarged and blurred
//   color   the whole picture on a colour
// [data-stage] holds the picture as it is: [data-whole] around <img data-whole-img>, <span data-frame> for the window
// and <button data-focal> for the point, dragged or moved by the arrow keys. Each [data-after] shows the result:
// <img data-result> over <img data-ground>: what the server prepared where it is of this framing (with the class
// is-prepared then), else drawn here.
import { all, announce, clamp, find } from "../shared/dom";

const FRAME = 2 / 3; // width to height of a Pin
const STEP = 0.02;
const BIG_STEP = 0.1; // with Shift

type Point = { x: number; y: number };
export type Framing = { fit: string; color: string; point: Point };
/** `fallback`: what to show where the browser can't show the file as chosen (HEIC). */
type Shown = { source: string; fallback: string; prepared: string; alt: string; framing: Framing; fixed: boolean };
type Stage = { show: (shown: Shown) => void; clear: () => void };

/** Along one axis: where the window starts, in shares of the whole. */
const start = (point: number, part: number) => clamp(point - part / 2, 0, 1 - part);
const percent = (share: number) => `${(share * 100).toFixed(2)}%`;

function put(image: HTMLImageElement, source: string, fallback = ""): void {
  if (image.dataset["source"] === source) return;
  image.dataset["source"] = source;
  image.onerror = fallback && fallback !== source ? () => ((image.onerror = null), (image.src = fallback)) : null;
  image.src = source;
}

/** Binds a stage; `moved` hears of each change by hand. */
export function bindStage(stage: HTMLElement, moved: (point: Point) => void): Stage | null {
  const whole = find("[data-whole]", stage);
  const image = find<HTMLImageElement>("[data-whole-img]", stage);
  const frame = find("[data-frame]", stage);
  const dot = find<HTMLButtonElement>("[data-focal]", stage);
  const afters = all("[data-after]");
  if (!whole || !image || !frame || !dot) return null;
  let shown: Shown | null = null;

  const window = (): { x: number; y: number; width: number; height: number } => {
    const ratio = image.naturalWidth && image.naturalHeight ? image.naturalWidth / image.naturalHeight : FRAME;
    const width = Math.min(1, FRAME / ratio);
    const height = Math.min(1, ratio / FRAME);
    const { x, y } = shown?.framing.point ?? { x: 0.5, y: 0.5 };
    return { x: start(x, width), y: start(y, height), width, height };
  };

  function drawAfter(after: HTMLElement): void {
    const result = find<HTMLImageElement>("[data-result]", after);
    const ground = find<HTMLImageElement>("[data-ground]", after);
    if (!result || !ground) return;
    after.hidden = !shown && after.classList.contains("shot");
    result.hidden = !shown;
    ground.hidden = shown?.framing.fit !== "blur" || Boolean(shown.prepared);
    if (!shown) return;
    const { source, fallback, prepared, framing } = shown;
    put(result, prepared || source, prepared ? "" : fallback);
    if (!ground.hidden) put(ground, source, fallback);
    after.classList.toggle("is-prepared", Boolean(prepared));
    result.classList.toggle("is-whole", !prepared && framing.fit !== "crop");
    after.style.background = !prepared && framing.fit === "color" ? framing.color : "";
    const { x, y, width, height } = window();
    const place = (at: number, part: number) => percent(part < 1 ? at / (1 - part) : 0.5);
    result.style.objectPosition = prepared || framing.fit !== "crop" ? "" : `${place(x, width)} ${place(y, height)}`;
  }

  function draw(): void {
    stage.classList.toggle("is-empty", !shown);
    image!.hidden = !shown;
    frame!.hidden = dot!.hidden = !shown || shown.framing.fit !== "crop";
    dot!.disabled = Boolean(shown?.fixed);
    const { x, y, width, height } = window();
    Object.assign(frame!.style, { left: percent(x), top: percent(y), width: percent(width), height: percent(height) });
    const point = shown?.framing.point ?? { x: 0.5, y: 0.5 };
    Object.assign(dot!.style, { left: percent(point.x), top: percent(point.y) });
    afters.forEach(drawAfter);
  }

  const move = (x: number, y: number) => {
    if (!shown || shown.fixed || shown.framing.fit !== "crop") return;
    shown = { ...shown, prepared: "", framing: { ...shown.framing, point: { x: clamp(x), y: clamp(y) } } };
    draw();
    moved(shown.framing.point);
  };

  let dragging = false;
  const follow = (event: PointerEvent) => {
    const box = whole.getBoundingClientRect();
    move((event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height);
  };
  whole.addEventListener("pointerdown", (event) => {
    if (!shown || shown.fixed || shown.framing.fit !== "crop" || event.button) return;
    event.preventDefault();
    dragging = true;
    whole.setPointerCapture(event.pointerId);
    dot.focus();
    follow(event);
  });
  whole.addEventListener("pointermove", (event) => dragging && follow(event));
  for (const end of ["pointerup", "pointercancel"]) whole.addEventListener(end, () => (dragging = false));

  dot.addEventListener("keydown", (event) => {
    const step = event.shiftKey ? BIG_STEP : STEP;
    const way = ({ ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] } as Record<string, [number, number]>)[event.key];
    if (!way || !shown) return;
    event.preventDefault();
    const { x, y } = shown.framing.point;
    move(x + way[0] * step, y + way[1] * step);
    const { point } = shown.framing;
    announce(`${Math.round(point.x * 100)} percent from the left, ${Math.round(point.y * 100)} from the top`);
  });
  image.addEventListener("load", draw);

  return {
    show(next) {
      shown = next;
      put(image, next.source, next.fallback);
      image.alt = next.alt;
      draw();
    },
    clear() {
      shown = null;
      for (const picture of [image, ...afters.flatMap((after) => all<HTMLImageElement>("img", after))]) {
        picture.onerror = null;
        picture.removeAttribute("src");
        delete picture.dataset["source"];
      }
      draw();
    },
  };
}
