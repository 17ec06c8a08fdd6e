# What is refused by the name of the setting.

variable "prefix" {
  type = string
}

resource "aws_s3_bucket" "refused" {
  bucket = "${var.prefix}-refused"
}

resource "aws_s3_bucket_server_side_encryption_configuration" "refused" {
  bucket = aws_s3_bucket.refused.id
  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm = "aws:kms"
    }
  }
}
