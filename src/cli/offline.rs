//! A request judged from the policy files alone: what cases and `screen` do. Nothing is sent, no home is needed, and no
//! key of the gateway is used.

use crate::{
    config::Limits,
    consent::{
        GrantState, View,
        keys::{Keys, Secret},
        subject::{PseudonymKey, SubjectKeys, UseKey},
        token::IssuerKeys,
        view::Stop,
    },
    flow::{App, DecisionId, Flow},
    gate::{
        head,
        rehearsal::{self, Rehearsal, Step},
    },
    policy::{
        Policy,
        case::{CaseRequest, Situation},
    },
    verdict::{Code, Refusal},
};
use jiff::Timestamp;
use std::{collections::BTreeMap, io, sync::Arc};

/// Judges requests by one policy set, as if this were in force at this moment.
pub(super) struct Offline<'a> {
    pub(super) policy: &'a Arc<Policy>,
    pub(super) keys: &'a Arc<Keys>,
    pub(super) situation: &'a Situation,
    pub(super) now: Timestamp,
}

impl Offline<'_> {
    /// What would become of a request of this calling system.
    pub(super) fn judge(&self, app: App, request: &CaseRequest) -> Rehearsal {
        let view = self.view(&app);
        let limits = Limits::default();
        let situation = rehearsal::Situation {
            policy: self.policy,
            view: &view,
            keys: self.keys,
            limits: &limits,
            audience: "urn:havengate:gateway:cases",
            now: self.now,
        };
        match flow(request, app) {
            Ok(flow) => rehearsal::rehearse(&situation, DecisionId::from_bytes([0; 16]), flow, &request.body),
            Err(refusal) => Rehearsal { route: None, passed: Vec::new(), outcome: Err((Step::Request, refusal)) },
        }
    }

    fn view(&self, app: &App) -> View {
        let (subjects, situation) = (&self.keys.subjects, self.situation);
        let mut view = View::default();
        for grant in &situation.grants {
            view.add_grant(grant.grant(subjects.label(app, &grant.client)));
        }
        for jti in &situation.ended {
            view.set_state(jti.clone(), GrantState { ended: Some(self.now), ..GrantState::default() });
        }
        for grant in &situation.safeguarding {
            view.add_safeguarding(grant.grant(subjects.label(app, &grant.client)));
        }
        for (i, scope) in situation.stops.iter().enumerate() {
            view.place_stop(Stop { id: i.to_string(), scope: scope.clone(), at: self.now });
        }
        view
    }
}

/// The request as the gateway would read it, of this calling system.
///
/// # Errors
/// What the gateway would refuse it for before it looks for a connection.
pub(super) fn flow(request: &CaseRequest, app: App) -> Result<Flow, Refusal> {
    let mut whole = http::Request::new(());
    *whole.method_mut() = request.method.clone();
    *whole.uri_mut() = request
        .target
        .parse()
        .map_err(|_| Refusal::plain(Code::RequestMalformed, "The request's target is not one."))?;
    *whole.headers_mut() = request.headers.clone();
    head::canonical(whole.into_parts().0, app, None)
}

/// What has to be said where a set has a list of places: its key is a home's, and is not used here.
pub(super) const WITHOUT_PLACES: &str = "the places of places.toml are not looked for here: that takes the key of your \
                                         home, which the gateway and `havengate rehearse` use";

/// Keys that everybody knows: this is about rules, and the pseudonyms are the same on every machine.
pub(super) fn test_keys() -> io::Result<Arc<Keys>> {
    let secret = |byte| Secret::new([byte; 32]);
    let subjects = SubjectKeys::new(&BTreeMap::from([(1, secret(1))]), 1);
    Ok(Arc::new(Keys {
        subjects: subjects.ok_or_else(|| io::Error::other("the cases' keys cannot be made"))?,
        pseudonyms: PseudonymKey::new(&secret(2)),
        uses: UseKey::new(&secret(3)),
        places: None,
        issuers: IssuerKeys::default(),
    }))
}
