//! Opens addresses in the browser.

use super::output::Output;

/// Opens an address in the browser; warns where there is none.
pub(super) fn open_in_browser(address: &str, output: &Output) {
    if let Err(error) = open::that_detached(address) {
        output.warning(format_args!(
            "no browser could be opened ({error}): open the address by hand"
        ));
    }
}
