// Saves a draft while people write: a moment after the last change, one request at a time, with retries, and never in
// silence. POSTs the whole form to data-autosave-url. The answer is JSON:
//   200 {"url"?, "autosave_url"?, "action"?, "fields"?: {name: value}}  a first save tells the draft's own addresses
//   422 {"error": {"message"}} or {"errors": {field: [messages]}}       refused as it is: no retry before a change
//   404 {"error": {"message"}, "gone": [ids]}                           the same: these pictures are no more
// [data-save-state] says how it stands.
import { all, announce, csrfToken, find } from "../shared/dom";

const QUIET = 1500; // ms after the last change
const RETRIES = [3, 6, 15, 30]; // seconds; the last one goes on

type Answer = {
  url?: string;
  autosave_url?: string;
  action?: string;
  fields?: Record<string, string>;
  pictures?: number[]; // which have something new to say: the form hears of a save as the event "saved"
  gone?: number[]; // the form hears of a refusal as the event "refused"
  error?: { message?: string };
  errors?: Record<string, string[]>;
};

type Autosave = { touch: () => void; unsaved: () => boolean; stop: () => void };

function ago(since: number): string {
  const seconds = Math.round((Date.now() - since) / 1000);
  if (seconds < 5) return "just now";
  if (seconds < 60) return `${seconds} seconds ago`;
  const minutes = Math.round(seconds / 60);
  return minutes === 1 ? "a minute ago" : minutes < 60 ? `${minutes} minutes ago` : "more than an hour ago";
}

export function bindAutosave(form: HTMLFormElement): Autosave {
  const out = all("[data-save-state]");
  let url = form.dataset["autosaveUrl"] ?? "";
  let changes = 0; // counted, so that a change during a save is not taken for saved
  let saved = 0;
  let savedAt = 0;
  let failures = 0;
  let timer = 0;
  let flight: AbortController | null = null;
  let stopped = !url;

  const show = (words: string, bad = false) => {
    for (const element of out) {
      element.textContent = words;
      element.classList.toggle("text-failed", bad);
    }
  };
  const later = (ms: number) => {
    clearTimeout(timer);
    if (!stopped) timer = window.setTimeout(() => void save(), ms);
  };

  function learn(answer: Answer): void {
    if (answer.autosave_url) url = answer.autosave_url;
    if (answer.action) form.action = answer.action;
    if (answer.url) history.replaceState(history.state, "", answer.url);
    for (const [name, value] of Object.entries(answer.fields ?? {})) {
      const field = find<HTMLInputElement>(`[name="${CSS.escape(name)}"]`, form);
      if (field) field.value = value;
    }
  }

  function refused(words: string): void {
    failures = 0;
    show(`Not saved: ${words}`, true);
    announce(`Not saved: ${words}`);
  }

  function retry(words: string): void {
    const seconds = RETRIES[Math.min(failures, RETRIES.length - 1)] ?? 30;
    if (!failures++) announce(`Not saved: ${words}. Retrying.`);
    show(`Not saved: ${words}, retrying in ${seconds} seconds`, true);
    later(seconds * 1000);
  }

  async function save(): Promise<void> {
    if (stopped || changes === saved) return;
    if (flight) return later(QUIET); // one at a time: a draft is made once
    const upTo = changes;
    flight = new AbortController();
    show("Saving");
    try {
      const body = new FormData(form);
      body.set("csrfmiddlewaretoken", csrfToken());
      // Files travel by themselves; an empty file input would only confuse.
      for (const [name, value] of [...body]) if (value instanceof File) body.delete(name);
      const response = await fetch(url, { method: "POST", body, signal: flight.signal, headers: { Accept: "application/json" } });
      if (response.redirected || response.status === 401) return retry("you are signed out; sign in in another tab");
      const answer = (await response.json().catch(() => ({}))) as Answer;
      if (response.ok) {
        saved = upTo;
        savedAt = Date.now();
        failures = 0;
        learn(answer);
        form.dispatchEvent(new CustomEvent("saved", { detail: answer }));
        if (changes === saved) show("Draft saved just now");
        else later(QUIET);
      } else if (response.status === 429 || response.status >= 500) retry("the server is busy");
      else {
        refused(answer.error?.message ?? Object.values(answer.errors ?? {})[0]?.[0] ?? "the server did not accept this");
        form.dispatchEvent(new CustomEvent("refused", { detail: answer }));
      }
    } catch {
      if (!stopped) retry("the server did not answer");
    } finally {
      flight = null;
    }
  }

  setInterval(() => {
    if (savedAt && changes === saved && !flight) show(`Draft saved ${ago(savedAt)}`);
  }, 5000);
  addEventListener("online", () => failures && later(0));

  return {
    touch() {
      changes++;
      if (failures || stopped) return;
      show("Unsaved changes");
      later(QUIET);
    },
    unsaved: () => changes !== saved,
    stop() {
      stopped = true;
      clearTimeout(timer);
      flight?.abort();
    },
  };
}
