// A page opened from the disk may start no worker, and the search of this site is one: run it in a hidden frame instead.
if (location.protocol === "file:")
  window.Worker = class extends EventTarget {
    constructor(url) {
      super();
      const frame = document.body.appendChild(document.createElement("iframe"));
      frame.hidden = true;
      const inside = frame.contentWindow;
      const script = inside.document.createElement("script");
      const ready = new Promise((done) => (script.onload = done));
      inside.postMessage = (data) => this.dispatchEvent(new MessageEvent("message", { data }));
      this.postMessage = (data) => ready.then(() => inside.dispatchEvent(new MessageEvent("message", { data })));
      script.src = url;
      inside.document.body.append(script);
    }
  };
