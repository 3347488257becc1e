//! The clauses of the Support Not Deport charter and the Unite 2017 resolution, as code cites them.

use super::name::closed;

closed! {
    /// A clause the organisation has committed to (design section 1). The text shown to people is in
    /// `policies/charter.toml`; this is only its name.
    Clause {
        /// No data to the Home Office, directly or via third parties (Data, 1).
        Data1 = "DATA-1",
        /// Data needed to get somebody accommodation: the whole of Data, 2.
        Data2 = "DATA-2",
        /// Purpose, necessity, risks and alternatives explained (Data, 2 i).
        Data2i = "DATA-2i",
        /// Active and informed consent before contact (Data, 2 ii).
        Data2ii = "DATA-2ii",
        /// Independent immigration advice before any disclosure (Data, 2 iii).
        Data2iii = "DATA-2iii",
        /// Consent for each discrete piece of data (Data, 2, fourth point).
        Data2iv = "DATA-2iv",
        /// Nothing that could identify rough sleepers, including sleep sites (Data, 3).
        Data3 = "DATA-3",
        /// A commitment from every recipient not to pass data on (Data, 4).
        Data4 = "DATA-4",
        /// Nothing in forums the Home Office has access to (Data, 5).
        Data5 = "DATA-5",
        /// A scrutiny panel with the trade union on it (Transparency, 1).
        Trans1 = "TRANS-1",
        /// Breaches are told to the panel at once (Transparency, 2).
        Trans2 = "TRANS-2",
        /// Workers may refuse to take part (Right to down tools).
        Tools1 = "TOOLS-1",
        /// Clients are supported to get independent immigration advice (Key demand 3).
        Advice = "ADVICE",
        /// Nothing to immigration agencies without express permission (Unite, 14 March 2017).
        Unite2017 = "UNITE-2017",
    }
}
