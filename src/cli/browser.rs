//! Opens URLs in the browser.

use super::output::Output;

/// Opens `url` in the browser, and warns if that fails.
pub(super) fn open_in_browser(url: &str, output: &Output) {
    if let Err(error) = open::that_detached(url) {
        output.warning(format_args!(
            "cannot open a browser ({error}); open the URL yourself"
        ));
    }
}
