// The look of a programme while it is chosen: a palette beside each colour, and the preview as it would be.
document.addEventListener("DOMContentLoaded", () => {
    const preview = document.querySelector("[data-preview]");
    if (!preview) return;
    const field = (name) => document.querySelector(`[name="${name}"]`);
    let waiting;

    const draw = async () => {
        const asked = new URLSearchParams({
            colour: field("colour")?.value || "",
            accent: field("accent")?.value || "",
            slogan: field("slogan")?.value || "",
            programme: preview.dataset.programme || field("programme")?.value || "",
        });
        const answer = await fetch(`${preview.dataset.preview}?${asked}`).catch(() => null);
        if (answer?.ok) preview.innerHTML = await answer.text();
    };
    const soon = () => {
        clearTimeout(waiting);
        waiting = setTimeout(draw, 250);
    };

    document.querySelectorAll("[data-colour]").forEach((text) => {
        const palette = document.createElement("input");
        palette.type = "color";
        palette.setAttribute("aria-label", document.querySelector(`label[for="${text.id}"]`)?.textContent.trim() || "");
        palette.value = text.value || "#1d5c4a";
        palette.addEventListener("input", () => {
            text.value = palette.value;
            soon();
        });
        text.addEventListener("input", () => {
            if (/^#[0-9a-f]{6}$/i.test(text.value)) palette.value = text.value;
        });
        text.insertAdjacentElement("afterend", palette);
    });
    ["colour", "accent", "slogan", "programme"].forEach((name) => field(name)?.addEventListener("input", soon));
});
