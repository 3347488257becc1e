//! One request, canonicalised once.

use super::{App, Host};

/// The head of an admitted-for-reading request in canonical form. Everything later reads this and
/// never the bytes it was made from. Built by `gate::head` and by the case and explain readers.
#[derive(Debug, Clone)]
pub struct Flow {
    /// The authenticated caller.
    pub app: App,
    /// The method.
    pub method: http::Method,
    /// The host the caller addressed: `Host`, `:authority` or the absolute target, which agreed.
    pub host: Host,
    /// Decoded path segments, without the leading empty one. `/a/b%20c` is `["a", "b c"]`. A segment never
    /// holds `/`, NUL or controls, and is never `.`, `..` or (except last) empty.
    pub path: Vec<String>,
    /// Decoded query pairs in order.
    pub query: Vec<(String, String)>,
    /// Headers as received, hop-by-hop ones and all; what leaves is chosen from them, never all of them.
    pub headers: http::HeaderMap,
}
