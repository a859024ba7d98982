/* The camera as a scanner: pictures go to a worker that reads codes, the first one read goes where it was asked for. */
"use strict";

(() => {
    const dialog = document.querySelector("#camera");
    const video = dialog.querySelector("video");
    const said = dialog.querySelector(".camera__said");
    const canvas = document.createElement("canvas");
    /* Larger pictures take longer and are read no better. */
    const WIDEST = 1280;
    const PAUSE = 40;
    let round = 0; /* of opening the dialog: what belongs to an earlier one is dropped */
    let scanner = null;

    const say = (name) => {
        said.textContent = dialog.dataset[name] ?? "";
        said.classList.toggle("notice--bad", name !== "starting" && name !== "looking");
        video.hidden = name !== "looking";
    };

    /* Why the browser gives no picture. */
    const REASONS = {
        NotAllowedError: "refused",
        SecurityError: "refused",
        NotFoundError: "absent",
        OverconstrainedError: "absent",
        NotReadableError: "busy",
        AbortError: "busy",
    };

    async function openCamera() {
        if (!navigator.mediaDevices) throw new DOMException("", window.isSecureContext ? "NotFoundError" : "insecure");
        const wanted = { facingMode: { ideal: "environment" }, width: { ideal: 1280 }, height: { ideal: 720 } };
        return navigator.mediaDevices.getUserMedia({ video: wanted, audio: false });
    }

    /* The worker with its decoder: loaded with the first use, and kept. */
    function startScanner() {
        scanner ??= new Promise((resolve, reject) => {
            const worker = new Worker(dialog.dataset.scanner);
            worker.onerror = reject;
            worker.onmessage = ({ data }) => (data.ready ? resolve(worker) : reject(new Error(data.broken)));
            worker.postMessage({ decoder: dialog.dataset.decoder, wasm: dialog.dataset.wasm });
        });
        scanner.catch(() => (scanner = null)); /* the next use tries again */
        return scanner;
    }

    function takePicture() {
        const scale = Math.min(1, WIDEST / video.videoWidth);
        canvas.width = Math.round(video.videoWidth * scale);
        canvas.height = Math.round(video.videoHeight * scale);
        const pen = canvas.getContext("2d", { willReadFrequently: true });
        pen.drawImage(video, 0, 0, canvas.width, canvas.height);
        return pen.getImageData(0, 0, canvas.width, canvas.height);
    }

    const ask = (worker, picture) =>
        new Promise((resolve) => {
            worker.onmessage = ({ data }) => resolve(data.seen);
            worker.postMessage({ picture }, [picture.data.buffer]);
        });

    const wait = (time) => new Promise((resolve) => window.setTimeout(resolve, time));

    /* The text of the first code that two pictures agree on: a blurred barcode can be misread once. */
    async function look(worker, mine) {
        let before = null;
        while (mine === round) {
            if (video.videoWidth) {
                const seen = await ask(worker, takePicture());
                if (seen && seen === before) return seen;
                before = seen;
            }
            await wait(PAUSE);
        }
        return null;
    }

    function hand(text, target) {
        navigator.vibrate?.(60);
        if (target === "code") {
            document.dispatchEvent(new CustomEvent("till:scanned", { detail: text }));
            return;
        }
        const field = document.getElementById(target);
        field.value = text;
        field.form.requestSubmit();
    }

    async function scan(target) {
        const mine = ++round;
        say("starting");
        dialog.showModal();
        const loading = startScanner();
        loading.catch(() => {}); /* told below, after the camera's own troubles */
        let failed = "busy";
        try {
            const stream = await openCamera().catch((error) => {
                failed = error.name === "insecure" ? "insecure" : (REASONS[error.name] ?? "absent");
                throw error;
            });
            if (mine !== round) {
                stop(stream);
                return;
            }
            video.srcObject = stream;
            await video.play();
            failed = "broken";
            const worker = await loading;
            if (mine === round) say("looking");
            const text = await look(worker, mine);
            if (text === null) return;
            dialog.close();
            hand(text, target);
        } catch {
            if (mine !== round) return;
            leave();
            say(failed);
        }
    }

    function stop(stream) {
        for (const track of stream?.getTracks() ?? []) track.stop();
    }

    function leave() {
        round += 1;
        stop(video.srcObject);
        video.srcObject = null;
    }

    document.addEventListener("click", (event) => {
        if (event.target.closest("[data-close]")) dialog.close();
        const button = event.target.closest("[data-camera]");
        if (button) scan(button.dataset.camera);
    });
    dialog.addEventListener("close", leave);
})();
