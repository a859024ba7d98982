// Sorts the stores by how far they are: asks the browser where it is, on a press only, and rounds what it says.
(() => {
    const button = document.querySelector("[data-here]");
    if (!button || !navigator.geolocation || !window.isSecureContext) return;
    const fault = document.querySelector("[data-here-fault]");
    button.hidden = false;
    button.addEventListener("click", () => {
        button.disabled = true;
        fault.hidden = true;
        navigator.geolocation.getCurrentPosition(
            ({ coords }) => {
                const near = [coords.latitude, coords.longitude].map((degrees) => degrees.toFixed(3)).join(",");
                window.location.assign(`${button.form.action}?near=${encodeURIComponent(near)}`);
            },
            () => {
                button.disabled = false;
                fault.textContent = button.dataset.failed;
                fault.hidden = false;
            },
            { maximumAge: 300000, timeout: 15000 },
        );
    });
    window.addEventListener("pageshow", () => (button.disabled = false));
})();
