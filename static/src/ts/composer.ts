// The composer, <form data-module="composer">. The form works without scripts; here it gets better:
//
//   data-autosave-url, [data-save-state]          autosave.ts
//   data-upload-url, data-max-bytes, data-max-files, [data-files] [data-drop] [data-uploads]   uploads.ts
//   [data-from-address]                           address.ts
//   [data-stage]                                  focal.ts; [data-preview-img] further pictures with the same crop
//   [data-focal-x], [data-focal-y]                hidden inputs of the focal point: those inside the chosen picture's
//                                                 item if it has any, else the form's own
//   [data-media-list]                             the stored pictures, as items [data-media="<id>"], each with
//     [data-choose] (a button) data-src="<the original>" data-fallback="<as prepared>" data-alt, a hidden input of its id, [data-remove-media]
//     An item that is still being prepared polls itself by htmx; a later answer replaces it, the choice stays.
//   [data-mirror="title"] → [data-out="title"]    live preview; data-empty on the latter is shown instead of nothing.
//                                                 data-out-as="host" shows only the host of a link
//   [data-when-at]                                the radio that stands for "Date and time": chosen when an input in
//                                                 [data-when-fields] is touched
//
// Counters ([data-max]) are every form's: fields.ts.
import { all, around, find } from "./dom";
import { bindAddress } from "./address";
import { bindAutosave } from "./autosave";
import { bindStage, type Point } from "./focal";
import { bindUploads } from "./uploads";

type Htmx = { process: (element: Element) => void };

function host(link: string): string {
  try {
    return new URL(link).host.replace(/^www\./, "");
  } catch {
    return "";
  }
}

function mirror(field: HTMLInputElement | HTMLTextAreaElement): void {
  for (const out of all(`[data-out="${CSS.escape(field.dataset["mirror"] ?? "")}"]`)) {
    const text = out.dataset["outAs"] === "host" ? host(field.value) : field.value;
    out.textContent = text || (out.dataset["empty"] ?? "");
    out.classList.toggle("is-empty", !text);
  }
}

export default function composer(root: HTMLElement): void {
  const form = root as HTMLFormElement;
  const autosave = bindAutosave(form);
  const list = find("[data-media-list]", form);
  const local = new Map<string, string>(); // media id → blob: address of the file as chosen
  let chosen = "";

  const items = () => (list ? all("[data-media]", list) : []);
  const item = (id: string) => items().find((element) => element.dataset["media"] === id);
  const focalInputs = () =>
    ["x", "y"].map((axis) => {
      const inside = item(chosen);
      const selector = `[data-focal-${axis}]`;
      return (inside && find<HTMLInputElement>(selector, inside)) ?? find<HTMLInputElement>(selector, form);
    });

  const stageElement = find("[data-stage]", form);
  const mirrors = all<HTMLImageElement>("[data-preview-img]").filter((element) => element instanceof HTMLImageElement);
  const stage = stageElement
    ? bindStage(stageElement, mirrors, (point: Point) => {
        const [x, y] = focalInputs();
        if (x) x.value = point.x.toFixed(4);
        if (y) y.value = point.y.toFixed(4);
        autosave.touch();
      })
    : null;

  function choose(id: string): void {
    const element = item(id);
    chosen = element ? id : "";
    for (const other of items()) find("[data-choose]", other)?.setAttribute("aria-pressed", String(other === element));
    const button = element && find("[data-choose]", element);
    const fallback = button?.dataset["fallback"] ?? "";
    const source = local.get(id) || button?.dataset["src"] || fallback;
    if (!button || !source) return stage?.clear();
    const [x, y] = focalInputs();
    stage?.show({ source, fallback }, button.dataset["alt"] ?? "", { x: Number(x?.value || 0.5), y: Number(y?.value || 0.5) });
  }
  /** After items came or went: the choice stays if it can. */
  const settle = () => choose(item(chosen) ? chosen : (items()[0]?.dataset["media"] ?? ""));

  /** The server's item of a new picture joins the list; false if it isn't one. */
  function take(html: string, source?: string): boolean {
    const model = document.createElement("template");
    model.innerHTML = html;
    const element = find("[data-media]", model.content);
    if (!list || !element) return false;
    const id = element.dataset["media"] ?? "";
    if (source) local.set(id, source);
    list.append(...model.content.children);
    (window as unknown as { htmx?: Htmx }).htmx?.process(list);
    choose(id);
    autosave.touch();
    return true;
  }

  bindAddress(form, form.dataset["uploadUrl"] ?? "", take);
  const uploads = bindUploads(form, {
    url: form.dataset["uploadUrl"] ?? "",
    maxBytes: Number(form.dataset["maxBytes"] || Infinity),
    room: () => Number(form.dataset["maxFiles"] || Infinity) - items().length,
    stored: (html, file) => take(html, URL.createObjectURL(file)),
    changed: () => stageElement?.toggleAttribute("data-busy", uploads.pending()),
  });

  form.addEventListener("click", (event) => {
    const element = around(event, "[data-media]");
    if (!element) return;
    if (around(event, "[data-remove-media]")) {
      element.remove();
      settle();
      autosave.touch();
    } else if (around(event, "[data-choose]")) choose(element.dataset["media"] ?? "");
  });
  document.addEventListener("htmx:after:swap", settle);
  // A picture that asks for itself after the session has ended is sent to sign in: not with the words still here.
  form.addEventListener("htmx:before:response", (event) => {
    const { ctx } = (event as CustomEvent<{ ctx: { response: { headers: Headers } } }>).detail;
    if (ctx.response.headers.has("HX-Redirect")) event.preventDefault();
  });

  form.addEventListener("input", (event) => {
    const field = around(event, "[data-mirror]");
    if (field) mirror(field as HTMLInputElement);
    const at = around(event, "[data-when-fields]") && find<HTMLInputElement>("[data-when-at]", form);
    if (at) at.checked = true;
    autosave.touch();
  });
  form.addEventListener("change", () => autosave.touch());

  let leaving = false;
  form.addEventListener("submit", (event) => {
    if (event.defaultPrevented) return;
    leaving = true;
    autosave.stop();
  });
  addEventListener("beforeunload", (event) => {
    if (!leaving && (autosave.unsaved() || uploads.pending())) event.preventDefault();
  });

  all<HTMLInputElement>("[data-mirror]", form).forEach(mirror);
  settle();
}
