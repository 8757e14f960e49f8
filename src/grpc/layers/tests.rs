//! The front before services that do one thing each.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use http::{Method, StatusCode, header};
use tonic_types::StatusExt as _;
use tower::service_fn;

use super::*;

const UNARY: &str = "/ketenpoort.v1.ReferralService/SubmitReferral";

fn request(path: &str) -> Request<Body> {
    Request::post(path)
        .header(header::CONTENT_TYPE, "application/grpc")
        .body(Body::empty())
        .unwrap()
}

fn patient() -> Limits {
    Limits { calls_max: 1, ..Limits::default() }
}

async fn through<S: Services>(
    limits: Limits,
    service: S,
    request: Request<Body>,
) -> Response<Body> {
    let layer = FrontLayer::new(Methods::served().unwrap(), limits);
    layer.layer(service).oneshot(request).await.unwrap()
}

fn ok() -> Result<Response<Body>, Infallible> {
    Ok(Response::new(Body::empty()))
}

fn status(response: &Response<Body>) -> Status {
    Status::from_header_map(response.headers()).unwrap()
}

fn reason(status: &Status) -> String {
    status.get_error_details().error_info().unwrap().reason.clone()
}

#[tokio::test]
async fn only_post_with_a_grpc_content_type_gets_through() {
    let reached = service_fn(|_request| async { ok() });
    for (method, content_type, code) in [
        (Method::POST, Some("application/grpc"), StatusCode::OK),
        (Method::POST, Some("application/grpc+proto"), StatusCode::OK),
        (Method::POST, None, StatusCode::UNSUPPORTED_MEDIA_TYPE),
        (Method::POST, Some("application/json"), StatusCode::UNSUPPORTED_MEDIA_TYPE),
        (Method::POST, Some("text/plain"), StatusCode::UNSUPPORTED_MEDIA_TYPE),
        (Method::POST, Some("application/grpc+json"), StatusCode::UNSUPPORTED_MEDIA_TYPE),
        (Method::POST, Some("application/grpc-web"), StatusCode::UNSUPPORTED_MEDIA_TYPE),
        (Method::GET, Some("application/grpc"), StatusCode::METHOD_NOT_ALLOWED),
        (Method::OPTIONS, None, StatusCode::METHOD_NOT_ALLOWED),
    ] {
        let mut asked = Request::builder().method(&method).uri(UNARY);
        if let Some(content_type) = content_type {
            asked = asked.header(header::CONTENT_TYPE, content_type);
        }
        let response = through(patient(), reached, asked.body(Body::empty()).unwrap()).await;
        assert_eq!(response.status(), code, "{method} {content_type:?}");
    }
    let mut twice = request(UNARY);
    twice.headers_mut().append(header::CONTENT_TYPE, "text/plain".parse().unwrap());
    let response = through(patient(), reached, twice).await;
    assert_eq!(response.status(), StatusCode::UNSUPPORTED_MEDIA_TYPE);
}

#[tokio::test]
async fn an_unknown_method_does_not_reach_the_services() {
    let service = service_fn(|_request| async { panic!("reached") });
    let response = through(patient(), service, request("/x/999990019")).await;
    assert_eq!(status(&response).code(), Code::Unimplemented);
}

#[tokio::test]
async fn a_call_past_its_deadline_is_answered_and_still_finished() {
    let finished = Arc::new(AtomicBool::new(false));
    let (done, seen) = tokio::sync::oneshot::channel();
    let done = Arc::new(std::sync::Mutex::new(Some(done)));
    let service = {
        let finished = Arc::clone(&finished);
        service_fn(move |_request| {
            let (finished, done) = (Arc::clone(&finished), Arc::clone(&done));
            async move {
                tokio::time::sleep(Duration::from_millis(150)).await;
                finished.store(true, Ordering::SeqCst);
                done.lock().unwrap().take().unwrap().send(()).unwrap();
                ok()
            }
        })
    };
    let mut hasty = request(UNARY);
    hasty.headers_mut().insert("grpc-timeout", "30m".parse().unwrap());
    let response = through(patient(), service, hasty).await;
    let status = status(&response);
    assert_eq!(status.code(), Code::DeadlineExceeded);
    assert_eq!(reason(&status), "DEADLINE_EXCEEDED");
    assert!(!finished.load(Ordering::SeqCst));
    seen.await.unwrap();
    assert!(finished.load(Ordering::SeqCst));
}

#[tokio::test]
async fn a_call_whose_caller_left_is_finished_and_knows_it() {
    let (done, seen) = tokio::sync::oneshot::channel();
    let done = Arc::new(std::sync::Mutex::new(Some(done)));
    let service = service_fn(move |request: Request<Body>| {
        let mut presence = request.extensions().get::<Presence>().cloned();
        let done = Arc::clone(&done);
        async move {
            Presence::left(presence.as_mut()).await;
            done.lock().unwrap().take().unwrap().send(()).unwrap();
            ok()
        }
    });
    let call = through(patient(), service, request(UNARY));
    let left = tokio::time::timeout(Duration::from_millis(50), call).await;
    assert!(left.is_err());
    seen.await.unwrap();
}

#[tokio::test]
async fn calls_that_run_are_counted_also_without_their_callers() {
    let layer = FrontLayer::new(Methods::served().unwrap(), patient());
    let mut front = layer.layer(service_fn(|_request| async {
        std::future::pending::<()>().await;
        ok()
    }));
    let mut hasty = request(UNARY);
    hasty.headers_mut().insert("grpc-timeout", "10m".parse().unwrap());
    let first = front.call(hasty).await.unwrap();
    assert_eq!(status(&first).code(), Code::DeadlineExceeded);
    let second = front.call(request(UNARY)).await.unwrap();
    assert_eq!(reason(&status(&second)), "BUSY");
}

#[tokio::test]
async fn a_panic_becomes_an_internal_error() {
    async fn panics(_request: Request<Body>) -> Result<Response<Body>, Infallible> {
        panic!("999990019")
    }
    let response = through(patient(), service_fn(panics), request(UNARY)).await;
    let status = status(&response);
    assert_eq!((status.code(), status.message()), (Code::Internal, "internal error"));
    assert!(!String::from_utf8_lossy(status.details()).contains("999990019"));
}

#[tokio::test]
async fn what_the_transport_blames_on_itself_is_told_as_a_fault_of_the_request() {
    let service = service_fn(|_request| async {
        Ok(Status::internal("failed to decode Protobuf message").into_http())
    });
    let response = through(patient(), service, request(UNARY)).await;
    let rewritten = status(&response);
    assert_eq!(rewritten.code(), Code::InvalidArgument);
    assert_eq!(
        rewritten.get_error_details().bad_request().unwrap().field_violations[0].reason,
        "MALFORMED"
    );
    let ours = service_fn(|_request| async {
        Ok(Status::from(Error::internal(std::io::Error::other("cause"))).into_http())
    });
    let response = through(patient(), ours, request(UNARY)).await;
    assert_eq!(status(&response).code(), Code::Internal);
}
