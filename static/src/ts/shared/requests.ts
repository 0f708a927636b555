// What htmx can't do alone: say that a request failed, and leave the page when the session has ended.
import { csrfToken } from "./dom";
import { toast } from "./toasts";

type HtmxDetail = { ctx: { request: { headers: Record<string, string> }; response?: { status: number; raw: Response }; text?: string } };
const detail = (event: Event) => (event as CustomEvent<HtmxDetail>).detail;

const WORDS: Record<number, [string, string]> = {
  403: ["You may not do that", "Ask an owner or admin of this workspace."],
  404: ["This is gone", "Somebody may have deleted it. Reload the page to see what is there now."],
  409: ["This has changed meanwhile", "Reload the page to see how it stands now."],
  413: ["The file is too large", "Choose a smaller one."],
  429: ["Too many requests", "Wait a moment, then try again."],
};

export function start(): void {
  document.addEventListener("htmx:config:request", (event) => {
    detail(event).ctx.request.headers["X-CSRFToken"] = csrfToken();
  });
  document.addEventListener("htmx:after:request", (event) => {
    const { response, text } = detail(event).ctx;
    // A whole page instead of a fragment, after a redirect: signed out, or sent elsewhere. Go there.
    if (response?.raw.redirected && /^\s*<!doctype/i.test(text ?? "")) {
      event.preventDefault();
      location.assign(response.raw.url);
    }
  });
  document.addEventListener("htmx:response:error", (event) => {
    const status = detail(event).ctx.response?.status ?? 0;
    if (status === 422) return; // the answer is the form with its errors
    const [title, text] = WORDS[status] ?? ["That did not work", "Nothing was changed. Try again in a moment."];
    toast("err", title, text);
  });
  document.addEventListener("htmx:error", (event) => {
    if (detail(event).ctx && !detail(event).ctx.response)
      toast("err", "The server did not answer", "Check your connection, then try again.");
  });
}
