//! The panel's pages in a real browser: headless Chromium through WebDriver, with axe-core looking for what keeps people
//! out. Needs `chromedriver`, `chromium` and the file that `AXE` names; `tests/run` puts all three there. Without them
//! these tests are passed over, saying so.

#[path = "../panel/browser.rs"]
#[expect(dead_code, reason = "the panel's own tests use more of it")]
mod browser;
mod chromium;
mod pages;
#[path = "../panel/world.rs"]
#[expect(dead_code, reason = "the panel's own tests use more of it")]
mod world;
