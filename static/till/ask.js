/* A question before what cannot be undone. It is a dialog of the page: a scanner's Enter in a browser's own
   question would answer yes; here a scan closes the question and is a scan. */
"use strict";

(() => {
    const dialog = document.querySelector("#ask");
    let asked = null;
    let sure = null;

    document.addEventListener("click", (event) => {
        if (event.target.closest("[data-yes]")) {
            sure = asked;
            dialog.close();
            sure.click();
            sure = null;
            return;
        }
        if (event.target.closest("[data-no]")) dialog.close();
        const button = event.target.closest("[data-ask]");
        if (!button || button === sure) return;
        event.preventDefault();
        event.stopImmediatePropagation();
        asked = button;
        dialog.querySelector("p").textContent = button.dataset.ask;
        dialog.showModal();
    }, true);
})();
