//! Forms with files, over real sockets: the recipient gets the listed parts in a frame of our own, or nothing.

use crate::{
    caller::Answer,
    world::{COUNCIL, Plan, World, connection},
};
use havengate::verdict::Code;

async fn world() -> World {
    let text = connection("parts", COUNCIL, "https://refer.riverside.example/v2", "");
    let (before, _) = text.split_once("media = ").unwrap();
    let body = "media = \"multipart/form-data\"\nunlisted = \"strip\"\n\
                [[operation.body.part]]\nname = \"kind\"\ncontent = \"hg:HousingNeed\"\n\
                [[operation.body.part]]\nname = \"name\"\ncontent = \"pd:Name\"\n\
                [[operation.body.part]]\nname = \"need\"\nmedia = \"application/json\"\n\
                [[operation.body.part.record]]\n[operation.body.part.record.fields]\n\"$.beds\" = \"hg:HousingNeed\"\n";
    Plan::new().connect("parts", &format!("{before}{body}")).start().await
}

async fn ask(world: &World, boundary: &str, body: &str) -> Answer {
    let length = body.len();
    let head = format!(
        "POST /parts/needs HTTP/1.1\r\nHost: gateway\r\nConnection: close\r\nContent-Length: {length}\r\n\
         Content-Type: multipart/form-data; boundary={boundary}\r\n\r\n"
    );
    world.ask(format!("{head}{body}")).await
}

const BODY: &str = "--AaB03x\r\nContent-Disposition: form-data; name=\"kind\"\r\n\r\nfamily\r\n\
                    --AaB03x\r\nContent-Disposition: form-data; name=\"name\"\r\n\r\nZsofia Okonjo\r\n\
                    --AaB03x\r\nContent-Disposition: form-data; name=\"need\"; filename=\"okonjo.json\"\r\n\
                    Content-Type: application/json\r\n\r\n{ \"beds\": 2, \"ni\": \"QQ123456C\" }\r\n\
                    --AaB03x--\r\n";

#[tokio::test]
async fn listed_parts_arrive_within_a_boundary_that_the_type_names() {
    let world = world().await;
    let answer = ask(&world, "AaB03x", BODY).await;
    let (received, _) = world.forwarded(&answer).await;
    let media = received.header("content-type").unwrap();
    let boundary = media.strip_prefix("multipart/form-data; boundary=").unwrap();
    assert_ne!(boundary, "AaB03x");
    let expected = format!(
        "--{boundary}\r\nContent-Disposition: form-data; name=\"kind\"\r\n\r\nfamily\r\n\
         --{boundary}\r\nContent-Disposition: form-data; name=\"need\"; filename=\"file.json\"\r\n\
         Content-Type: application/json\r\n\r\n{{\"beds\":2}}\r\n--{boundary}--\r\n"
    );
    assert_eq!(String::from_utf8(received.body.clone()).unwrap(), expected);
}

#[tokio::test]
async fn a_body_without_its_boundary_leaves_nothing() {
    let world = world().await;
    let answer = ask(&world, "another", BODY).await;
    assert!(answer.detail().contains("something other than the boundary before the first part"), "{}", answer.detail());
    world.refused(&answer, Code::BodyMalformed, None).await;
    let answer = ask(&world, "AaB03x", BODY.strip_suffix("--\r\n").unwrap()).await;
    assert!(answer.detail().contains("the last boundary, with `--` after it, is missing"), "{}", answer.detail());
    world.refused(&answer, Code::BodyMalformed, None).await;
}
