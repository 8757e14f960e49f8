//! The form of a gRPC request: POST with a gRPC content type, nothing else.
//!
//! A web page in a browser that holds a client certificate can send GET, OPTIONS, and POST with a
//! few content types, all without asking first. None of them is a call here.

use http::{Method, Request, Response, StatusCode, header};
use tonic::body::Body;

/// What a client may call its messages. No parameters, no `+json`.
const CONTENT_TYPES: [&str; 2] = ["application/grpc", "application/grpc+proto"];

/// Why this is no call, in the words of HTTP: its reader does not speak gRPC.
pub(super) fn refusal(request: &Request<Body>) -> Option<Response<Body>> {
    if request.method() != Method::POST {
        return Some(response(StatusCode::METHOD_NOT_ALLOWED));
    }
    let mut types = request.headers().get_all(header::CONTENT_TYPE).iter();
    match (types.next(), types.next()) {
        (Some(only), None) if CONTENT_TYPES.iter().any(|known| *only == **known) => None,
        _ => Some(response(StatusCode::UNSUPPORTED_MEDIA_TYPE)),
    }
}

fn response(code: StatusCode) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = code;
    if code == StatusCode::METHOD_NOT_ALLOWED {
        response.headers_mut().insert(header::ALLOW, header::HeaderValue::from_static("POST"));
    }
    response
}
