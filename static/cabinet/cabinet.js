// What every page of the cabinet does: keep the card for later, send a form once, and share a link.
(() => {
    const worker = document.body.dataset.worker;
    if (worker && "serviceWorker" in navigator) navigator.serviceWorker.register(worker).catch(() => {});

    document.addEventListener("submit", (event) => {
        const form = event.target;
        if (!form.matches("[data-once]")) return;
        if (form.dataset.sent) event.preventDefault();
        form.dataset.sent = "yes";
        setTimeout(() => delete form.dataset.sent, 8000); // a lost connection keeps the form, and lets it go again
    });
    window.addEventListener("pageshow", () =>
        document.querySelectorAll("[data-sent]").forEach((form) => delete form.dataset.sent),
    );

    document.querySelectorAll("[data-share]").forEach((button) => {
        const field = button.parentElement.querySelector("input");
        button.addEventListener("click", async () => {
            if (navigator.share) {
                await navigator.share({ title: button.dataset.title, text: button.dataset.text, url: field.value }).catch(() => {});
                return;
            }
            field.select();
            try {
                await navigator.clipboard.writeText(field.value);
            } catch {
                document.execCommand("copy");
            }
            button.textContent = button.dataset.copied;
        });
    });
})();
