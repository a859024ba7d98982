/* The outbox: times of the reader's own clock, and a press that copies a code. The list asks for news by htmx. */

(() => {
    "use strict";

    const clock = new Intl.DateTimeFormat(document.documentElement.lang || undefined, { dateStyle: "medium", timeStyle: "medium" });

    const status = document.getElementById("outbox-status");

    function tellTimes(root) {
        for (const time of root.querySelectorAll("time[datetime]")) {
            const moment = new Date(time.dateTime);
            if (!Number.isNaN(moment.getTime())) {
                time.textContent = clock.format(moment);
            }
        }
    }

    async function copy(text) {
        if (navigator.clipboard && window.isSecureContext) {
            try {
                await navigator.clipboard.writeText(text);
                return true;
            } catch {
                // refused: the older way below
            }
        }
        const field = document.createElement("textarea");
        field.value = text;
        field.className = "unseen";
        document.body.append(field);
        field.select();
        const done = document.execCommand("copy");
        field.remove();
        return done;
    }

    document.addEventListener("click", async (event) => {
        const button = event.target.closest("[data-copy]");
        if (!button) {
            return;
        }
        if (await copy(button.dataset.copy)) {
            button.querySelector("[data-says]").textContent = button.dataset.done;
            status.textContent = `${button.dataset.done}: ${button.dataset.copy}`;
        }
        button.focus();
    });

    document.addEventListener("htmx:afterSwap", () => {
        tellTimes(document);
        status.textContent = status.dataset.news;
    });
    tellTimes(document);
})();
