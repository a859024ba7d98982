/* The outbox: times of the reader's own clock, and a press that copies a code. The list asks for news by htmx. */

(() => {
    "use strict";

    // Days as everywhere in the house: Swedish writes them as ISO 8601 does.
    const written = { en: "sv" };
    const { lang } = document.documentElement;
    const clock = new Intl.DateTimeFormat(written[lang] || lang || undefined, {
        year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", second: "2-digit",
    });

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
