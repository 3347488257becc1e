//! The panel's pages in a real browser: headless Chromium through WebDriver, with axe-core looking for what keeps people
//! out. Needs `chromedriver`, `chromium` and the file that `AXE` names; `tests/run` puts all three there. Without them
//! these tests are passed over, saying so.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::disallowed_methods,
    reason = "tests play everybody outside the panel, and fail by panicking"
)]

#[path = "../panel/browser.rs"]
#[expect(dead_code, reason = "the panel's own tests use more of it")]
mod browser;
mod chromium;
mod pages;
#[path = "../panel/world.rs"]
#[expect(dead_code, reason = "the panel's own tests use more of it")]
mod world;
