/* The camera as a scanner, where the browser can read codes itself. */
"use strict";

(() => {
    const dialog = document.querySelector("#camera");
    if (!("BarcodeDetector" in window) || !navigator.mediaDevices || !dialog) return;
    const video = dialog.querySelector("video");
    let target = "";

    const reveal = () => {
        for (const button of document.querySelectorAll("[data-camera]")) button.hidden = false;
    };
    reveal();
    document.body.addEventListener("htmx:afterSettle", reveal);

    function stop() {
        for (const track of video.srcObject?.getTracks() ?? []) track.stop();
        video.srcObject = null;
    }

    async function look(detector) {
        if (!dialog.open) return;
        const [seen] = await detector.detect(video).catch(() => []);
        if (!seen) {
            window.setTimeout(look, 120, detector);
            return;
        }
        dialog.close();
        if (target === "code") {
            document.dispatchEvent(new CustomEvent("till:scanned", { detail: seen.rawValue }));
            return;
        }
        const field = document.getElementById(target);
        field.value = seen.rawValue;
        field.form.requestSubmit();
    }

    document.addEventListener("click", async (event) => {
        const button = event.target.closest("[data-camera]");
        if (event.target.closest("[data-close]")) dialog.close();
        if (!button) return;
        target = button.dataset.camera;
        try {
            video.srcObject = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
        } catch {
            button.hidden = true; /* no camera, or not allowed: the field is still there */
            return;
        }
        dialog.showModal();
        await video.play();
        look(new window.BarcodeDetector());
    });
    dialog.addEventListener("close", stop);
})();
