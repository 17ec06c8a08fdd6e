# What users commonly write and this server does not carry out yet: each is refused by name, and nothing is made.

variable "origin_port" {
  type = number
}

locals {
  refused = {
    cache-policy = { cache_policy_id = "658327ea-f89d-4fab-a63d-7e88639e58f6" }
  }
}

resource "aws_cloudfront_function" "refused" {
  name    = "refused"
  runtime = "cloudfront-js-2.0"
  code    = "function handler(event) { return event.request; }"
}

resource "aws_cloudfront_distribution" "refused" {
  for_each = local.refused

  enabled             = true
  wait_for_deployment = false

  origin {
    origin_id   = "app"
    domain_name = "localhost"

    custom_origin_config {
      http_port              = var.origin_port
      https_port             = 443
      origin_protocol_policy = "http-only"
      origin_ssl_protocols   = ["TLSv1.2"]
    }
  }

  default_cache_behavior {
    target_origin_id       = "app"
    viewer_protocol_policy = "allow-all"
    allowed_methods        = ["GET", "HEAD"]
    cached_methods         = ["GET", "HEAD"]
    cache_policy_id        = each.value.cache_policy_id
  }

  restrictions {
    geo_restriction {
      restriction_type = "none"
    }
  }

  viewer_certificate {
    cloudfront_default_certificate = true
  }
}
