// Sends files, two at a time, each with its own progress row. Nothing is lost in silence: a file that fails keeps its
// row, with the reason and "Try again".
//   [data-files]      <input type="file" multiple accept="image/*">; its files are taken over and the input is emptied
//   [data-drop]       where files may be dropped; gets the class is-over while one hovers
//   [data-uploads]    the list that rows are added to
//   <template data-upload-row>  one row: [data-name] [data-state] <progress data-bar> [data-again] [data-remove]
// The server answers a POST of "file" with an HTML fragment of the stored picture, or an error {"error": {"message"}}.
import { all, announce, around, csrfToken, find } from "../shared/dom";

const AT_ONCE = 2;
const SIGNED_OUT = "You are signed out. Sign in in another tab, then try again.";
const MEGABYTE = 1024 * 1024;

type Options = {
  url: string;
  maxBytes: number;
  /** How many more pictures the Pin takes; further files are refused with a word. */
  room: () => number;
  /** Takes the fragment in; false if it isn't one (the sign-in page, after a redirect). */
  stored: (html: string, file: File) => boolean;
  changed: () => void;
};

type Job = { file: File; row: HTMLElement; request: XMLHttpRequest | null; failed: boolean };

function reason(request: XMLHttpRequest): string {
  if (!request.status) return "The server did not answer.";
  if (request.status === 413) return "The file is too large.";
  try {
    const answer = JSON.parse(request.responseText) as { error?: { message?: string } };
    if (answer.error?.message) return answer.error.message;
  } catch {
    // not JSON: a page of a proxy, say
  }
  return request.status === 401 || request.status === 403 ? SIGNED_OUT : "It could not be stored.";
}

export function bindUploads(root: HTMLElement, options: Options): { pending: () => boolean } {
  const list = find("[data-uploads]", root);
  const model = root.querySelector<HTMLTemplateElement>("template[data-upload-row]")?.content.firstElementChild;
  const jobs = new Set<Job>();
  const running = () => [...jobs].filter((job) => job.request).length;

  const say = (job: Job, words: string, failed = false) => {
    const state = find("[data-state]", job.row);
    if (state) state.textContent = words;
    job.row.classList.toggle("is-bad", failed);
    const again = find<HTMLButtonElement>("[data-again]", job.row);
    if (again) again.hidden = !failed || job.file.size > options.maxBytes;
  };
  const fail = (job: Job, words: string) => {
    job.request = null;
    job.failed = true;
    say(job, words, true);
    announce(`${job.file.name}: ${words}`);
  };
  const drop = (job: Job) => {
    jobs.delete(job);
    job.request?.abort();
    job.row.remove();
    options.changed();
    next();
  };

  function send(job: Job): void {
    const request = new XMLHttpRequest();
    const bar = job.row.querySelector<HTMLProgressElement>("[data-bar]");
    job.request = request;
    job.failed = false;
    request.upload.addEventListener("progress", (event) => {
      const share = event.lengthComputable ? Math.floor((event.loaded / event.total) * 100) : 0;
      if (bar) bar.value = share;
      say(job, share < 100 ? `${share}%` : "Storing");
    });
    request.addEventListener("load", () => {
      if (request.status < 200 || request.status >= 300) fail(job, reason(request));
      else if (options.stored(request.responseText, job.file)) {
        jobs.delete(job);
        job.row.remove();
        announce(`${job.file.name} is stored.`);
      } else fail(job, SIGNED_OUT);
      options.changed();
      next();
    });
    request.addEventListener("error", () => {
      fail(job, reason(request));
      next();
    });
    request.open("POST", options.url);
    request.setRequestHeader("X-CSRFToken", csrfToken());
    request.setRequestHeader("Accept", "text/html, application/json");
    const body = new FormData();
    body.append("file", job.file, job.file.name);
    request.send(body);
  }

  function next(): void {
    for (const job of jobs) {
      if (running() >= AT_ONCE) return;
      if (!job.request && !job.failed) send(job);
    }
  }

  function add(files: Iterable<File>): void {
    for (const file of files) {
      const row = model?.cloneNode(true) as HTMLElement | undefined;
      if (!row || !list) return;
      const job: Job = { file, row, request: null, failed: false };
      const name = find("[data-name]", row);
      if (name) name.textContent = file.name;
      const taken = [...jobs].filter((other) => !other.failed).length;
      jobs.add(job);
      list.append(row);
      row.addEventListener("click", (event) => {
        if (around(event, "[data-remove]")) drop(job);
        if (around(event, "[data-again]")) {
          job.failed = false;
          say(job, "Waiting");
          next();
        }
      });
      if (file.size > options.maxBytes) fail(job, `Larger than ${Math.floor(options.maxBytes / MEGABYTE)} MB.`);
      else if (taken >= options.room()) fail(job, "This Pin has all the pictures it can take.");
      else say(job, "Waiting");
    }
    options.changed();
    next();
  }

  for (const input of all<HTMLInputElement>("[data-files]", root))
    input.addEventListener("change", (event) => {
      event.stopPropagation(); // not a change of the form's data: the stored picture will be
      const files = [...(input.files ?? [])];
      input.value = "";
      add(files);
    });

  for (const area of all("[data-drop]", root)) {
    let depth = 0; // dragenter and dragleave also come from the children
    const over = (by: number) => {
      depth = Math.max(0, depth + by);
      area.classList.toggle("is-over", depth > 0);
    };
    area.addEventListener("dragenter", (event) => event.dataTransfer?.types.includes("Files") && over(1));
    area.addEventListener("dragleave", () => over(-1));
    area.addEventListener("dragover", (event) => event.dataTransfer?.types.includes("Files") && event.preventDefault());
    area.addEventListener("drop", (event) => {
      over(-depth);
      if (!event.dataTransfer?.files.length) return;
      event.preventDefault();
      add(event.dataTransfer.files);
    });
  }
  document.addEventListener("paste", (event) => {
    const files = [...(event.clipboardData?.files ?? [])].filter((file) => file.type.startsWith("image/"));
    if (files.length && root.isConnected) add(files);
  });

  return { pending: () => [...jobs].some((job) => !job.failed) };
}
