// Select2 hides the field that has the label: give its stand-ins the field's name, for those who hear the page.
(() => {
    const nameOf = (select) => {
        const label = select.labels && select.labels[0];
        return select.getAttribute("aria-label") || (label ? label.textContent.replace("*", "").trim() : "");
    };

    const nameStandIns = () => {
        document.querySelectorAll("select.select2-hidden-accessible").forEach((select) => {
            const standIn = select.nextElementSibling;
            const name = nameOf(select);
            if (!name || !standIn) return;
            standIn
                .querySelectorAll(".select2-selection, .select2-selection__rendered, .select2-search__field")
                .forEach((part) => part.setAttribute("aria-label", name));
            // Its list of what is chosen holds a button too, which no list may.
            standIn.querySelectorAll("ul.select2-selection__rendered").forEach((list) => {
                list.setAttribute("role", "group");
                list.querySelectorAll(":scope > li").forEach((item) => item.setAttribute("role", "presentation"));
            });
        });
    };

    let waiting = false;
    const later = () => {
        if (waiting) return;
        waiting = true;
        requestAnimationFrame(() => {
            waiting = false;
            nameStandIns();
        });
    };

    // Select2 comes and goes with the rows of a table, and draws itself anew after every choice.
    document.addEventListener("DOMContentLoaded", () => {
        new MutationObserver(later).observe(document.body, { childList: true, subtree: true });
        later();
    });
})();
