// The composer, <form data-module="composer">. The form works without scripts; here it gets better:
//
//   data-autosave-url, [data-save-state]          autosave.ts
//   data-upload-url, data-max-bytes, data-max-files, [data-files] [data-drop] [data-uploads]   ../media/uploads.ts
//   [data-from-address]                           ../media/address.ts
//   [data-stage], [data-after]                    ../media/focal.ts: the chosen picture before and after
//   [data-media-list]                             the stored pictures, as items [data-media="<id>"], each with
//     [data-choose] (a button) data-src="<the overview>" data-prepared="<the result>" data-x data-y data-alt, a hidden
//     input of its id, [data-remove-media], and how it becomes 2:3: [data-focal-x] [data-focal-y] (hidden inputs, empty
//     while the point is found by the server), [data-fit] (radios), [data-pad-color]. Without these it is settled.
//     An item that is still being prepared polls itself by htmx; a later answer replaces it, the choice stays.
//   [data-gone]                                   a template: the item in the place of a picture that was removed meanwhile
//   [data-focal-words], [data-focal-auto]         words beside the stage, and the button that lets the point be found
//   [data-mirror="title"] → [data-out="title"]    live preview; data-empty on the latter is shown instead of nothing.
//                                                 data-out-as="host" shows only the host of a link
//
// Counters ([data-max]) and the choice of a time ([data-when-fields]) are every form’s: ../shared/fields.ts.
import { all, announce, around, find } from "../shared/dom";
import { bindAddress } from "../media/address";
import { bindAutosave } from "./autosave";
import { bindStage, type Framing } from "../media/focal";
import { bindUploads } from "../media/uploads";

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
  form.classList.add("is-live");
  const autosave = bindAutosave(form);
  const list = find("[data-media-list]", form);
  const local = new Map<string, string>(); // media id → blob: address of the file as chosen
  let chosen = "";

  const items = () => (list ? all("[data-media]", list) : []);
  const item = (id: string) => items().find((element) => element.dataset["media"] === id);
  const input = (selector: string) => {
    const element = item(chosen);
    return element ? find<HTMLInputElement>(selector, element) : null;
  };

  const stageElement = find("[data-stage]", form);
  const stage = stageElement
    ? bindStage(stageElement, (point) => {
        const [x, y] = [input("[data-focal-x]"), input("[data-focal-y]")];
        if (x) x.value = point.x.toFixed(4);
        if (y) y.value = point.y.toFixed(4);
        autosave.touch();
      })
    : null;

  /** As the chosen picture's inputs say it; where they say nothing, as the server found it. */
  function framing(button: HTMLElement): Framing {
    const share = (selector: string, found?: string) => Number(input(selector)?.value || found || 0.5);
    return {
      fit: input("[data-fit]:checked")?.value ?? "crop",
      color: input("[data-pad-color]")?.value ?? "",
      point: { x: share("[data-focal-x]", button.dataset["x"]), y: share("[data-focal-y]", button.dataset["y"]) },
    };
  }

  /** What the inputs of an item say, to tell whether the server's result is still of them. */
  const said = (element: HTMLElement) =>
    all<HTMLInputElement>("[data-focal-x], [data-focal-y], [data-fit]:checked, [data-pad-color]", element)
      .filter((field) => !field.matches("[data-pad-color]") || find<HTMLInputElement>("[data-fit]:checked", element)?.value === "color")
      .map((field) => field.value)
      .join(" ");
  /** Items as they came from the server say what their result was made with. */
  const results = new WeakMap<Element, string>();

  function choose(id: string): void {
    const element = item(id);
    chosen = element ? id : "";
    for (const other of items()) {
      find("[data-choose]", other)?.setAttribute("aria-pressed", String(other === element));
      if (!results.has(other)) results.set(other, said(other));
    }
    const button = element && find("[data-choose]", element);
    const fallback = button?.dataset["src"] ?? "";
    const source = local.get(id) || fallback;
    const words = find("[data-focal-words]", form);
    if (words) words.hidden = !button || !source || input("[data-fit]:checked")?.value !== "crop";
    if (!element || !button || !source) return stage?.clear();
    const prepared = results.get(element) === said(element) ? (button.dataset["prepared"] ?? "") : "";
    const fixed = !input("[data-focal-x]");
    stage?.show({ source, fallback, prepared, alt: button.dataset["alt"] ?? "", framing: framing(button), fixed });
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
  // An answer keeps the focus by ids. Where what had it is gone (Fetch again), the picture itself takes it.
  let held = "";
  document.addEventListener("htmx:before:swap", () => {
    held = document.activeElement?.closest<HTMLElement>("[data-media]")?.dataset["media"] ?? "";
  });
  document.addEventListener("htmx:after:swap", () => {
    settle();
    const element = item(held);
    if (element && document.activeElement === document.body) find("[data-choose]", element)?.focus();
  });
  // A picture that asks for itself after the session has ended is sent to sign in: not with the words still here.
  form.addEventListener("htmx:before:response", (event) => {
    const { ctx } = (event as CustomEvent<{ ctx: { response: { headers: Headers } } }>).detail;
    if (ctx.response.headers.has("HX-Redirect")) event.preventDefault();
  });

  // A picture that is being prepared anew asks for itself, and its result shows when it is there.
  form.addEventListener("saved", (event) => {
    for (const id of (event as CustomEvent<{ pictures?: number[] }>).detail.pictures ?? []) item(String(id))?.dispatchEvent(new Event("prepare"));
  });
  // One that was removed meanwhile says so in its place, and the words are saved without it.
  form.addEventListener("refused", (event) => {
    const { gone = [] } = (event as CustomEvent<{ gone?: number[] }>).detail;
    const removed = gone.map((id) => item(String(id))).filter((element) => element !== undefined);
    const words = find<HTMLTemplateElement>("[data-gone]", form);
    if (!words || !removed.length) return;
    for (const element of removed) element.replaceWith(words.content.cloneNode(true));
    settle();
    autosave.touch();
  });
  find("[data-focal-auto]", form)?.addEventListener("click", () => {
    for (const field of [input("[data-focal-x]"), input("[data-focal-y]")]) if (field) field.value = "";
    announce("The focal point will be found when this is saved.");
    choose(chosen);
    autosave.touch();
  });

  form.addEventListener("input", (event) => {
    if (around(event, "[data-fit], [data-pad-color]")) {
      const picture = around(event, "[data-media]");
      const color = around(event, "[data-pad-color]") && picture && find<HTMLInputElement>("[data-fit][value=color]", picture);
      if (color) color.checked = true;
      choose(picture?.dataset["media"] ?? chosen);
    }
    const field = around(event, "[data-mirror]");
    if (field) mirror(field as HTMLInputElement);
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
